import { BSON_TYPE, BsonWriter, fieldName } from './bsonWriter.ts';

/** A row that could not become a document, or whose document the target cannot take. Holds no values. */
export interface PoisonRow {
  /** `_id` of the document, or null where not even that could be made. */
  readonly key: string | null;
  readonly reason: string;
  /** Rows of child tables that stood in the document, in the order of the definition's children. */
  readonly childRows: readonly number[];
}

/** Documents as BSON bytes, one after the other: what one insert command carries. */
export interface DocumentBatch {
  readonly bytes: Buffer;
  /** End of each document in {@link bytes}; the first begins at 0. */
  readonly ends: readonly number[];
  /** Child rows that stand in each document, by document and then by child; empty where the definition has no children. */
  readonly childRows: readonly (readonly number[])[];
}

/** Bytes of one document of the batch. */
export function documentAt(batch: DocumentBatch, index: number): Buffer {
  return batch.bytes.subarray(index === 0 ? 0 : (batch.ends[index - 1] as number), batch.ends[index]);
}

const STRING_TYPE = 2;
const OBJECT_ID_TYPE = 7;

/** Begins the key of an ObjectId: PostgreSQL's texts hold no zero byte, so no string key begins so. */
export const OBJECT_ID_MARK = '\u0000';

/**
 * `_id` of a document as a key to look it up by: the text of a string, {@link OBJECT_ID_MARK} and hex of an ObjectId.
 * Every layout writes `_id` first and as one of the two; other types throw.
 */
export function idKey(document: Buffer): string {
  const type = document[4];
  // After the length, the type and `_id` with its zero byte.
  if (type === STRING_TYPE) return document.toString('utf8', 13, 13 + document.readInt32LE(9) - 1);
  if (type === OBJECT_ID_TYPE) return `${OBJECT_ID_MARK}${document.toString('hex', 9, 21)}`;
  throw new TypeError(`A document begins with a field of type ${type} instead of _id`);
}

/** The `_id` element of a document (type, name and value) as bytes, for a query or update that names it. */
export function idElement(document: Buffer): Buffer {
  const end = document[4] === OBJECT_ID_TYPE ? 21 : 13 + document.readInt32LE(9);
  return document.subarray(4, end);
}

/** The `_id` element of a document with that key. */
export function idElementOf(key: string): Buffer {
  const out = new BsonWriter(64 + key.length * 3);
  if (key.startsWith(OBJECT_ID_MARK)) out.raw(BSON_TYPE.objectId, ID_NAME, Buffer.from(key.slice(1), 'hex'));
  else out.string(ID_NAME, key);
  return out.copyFrom(0);
}

const ID_NAME = fieldName('_id');

/** A key for people. */
export function showKey(key: string): string {
  return key.startsWith(OBJECT_ID_MARK) ? `ObjectId('${key.slice(1)}')` : key;
}
