import { ObjectId } from 'mongodb';
import { OBJECT_ID_MARK } from '../encoding/documentBatch.ts';

/** The value of an `idKey` (src/encoding/documentBatch.ts) as the driver takes it in a filter. */
export function idValue(key: string): string | ObjectId {
  return key.startsWith(OBJECT_ID_MARK) ? new ObjectId(key.slice(1)) : key;
}
