import { hash } from 'node:crypto';
import { BSON_TYPE, type BsonWriter, type FieldName } from '../../../encoding/bsonWriter.ts';

const OBJECT_ID_BYTES = 12;
/** Bytes of an id that follow the order of its owner's ids. */
const ORDER_BYTES = 2;
const LEADING_HEX = /^(?:tr-)?([0-9a-f]{4})/;

/** The first 12 bytes of SHA-256: the same key always has the same ObjectId, and 96 bits keep keys apart. */
export function hashedObjectId(parts: readonly string[]): Uint8Array {
  return hash('sha256', JSON.stringify(parts), 'buffer').subarray(0, OBJECT_ID_BYTES);
}

/**
 * An ObjectId for one of many documents of an owner (a run, a trace): it begins with the owner's first hex digits, so
 * that ids are written about in the order of reading, and ends with 80 bits of a hash of the whole key.
 */
export function ownedObjectId(ownerId: string, key: Uint8Array): Uint8Array {
  const id = hash('sha256', key, 'buffer').subarray(0, OBJECT_ID_BYTES);
  const leading = LEADING_HEX.exec(ownerId)?.[1];
  if (leading !== undefined) {
    for (let i = 0; i < ORDER_BYTES; i++) id[i] = Number.parseInt(leading.slice(i * 2, i * 2 + 2), 16);
  }
  return id;
}

/** Writes an ObjectId. */
export function writeObjectId(out: BsonWriter, name: FieldName, id: Uint8Array): void {
  out.raw(BSON_TYPE.objectId, name, id);
}
