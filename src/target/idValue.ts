import { BSON, ObjectId } from 'mongodb';
import { FOREIGN_MARK, idElementOf, OBJECT_ID_MARK } from '../encoding/documentBatch.ts';

/** The value of an `idKey` (src/encoding/documentBatch.ts) as the driver takes it in a filter: of its very type, whichever that is. */
export function idValue(key: string): unknown {
  if (!key.startsWith(OBJECT_ID_MARK)) return key;
  if (!key.startsWith(FOREIGN_MARK)) return new ObjectId(key.slice(1));
  const element = idElementOf(key);
  const document = Buffer.alloc(4 + element.length + 1);
  document.writeInt32LE(document.length, 0);
  element.copy(document, 4);
  return BSON.deserialize(document, { promoteValues: false, bsonRegExp: true })['_id'];
}
