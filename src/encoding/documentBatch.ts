import { bsonElements } from './bsonElements.ts';
import { BSON_TYPE, BsonWriter, fieldName } from './bsonWriter.ts';
import type { ValueLoss } from './valueLoss.ts';

/** A row that could not become a document, or whose document the target cannot take. Holds no values. */
export interface RejectedRow {
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
  /** Documents that do not hold all values of their row unchanged; rare, so absent means none. */
  readonly losses?: readonly DocumentLosses[];
  /** Rows between those of the documents that could not become one; rare, so absent means none. A batch may have no documents beside them. */
  readonly rejected?: readonly RejectedRow[];
}

/** Of a batch: how much it holds. */
export interface BatchSize {
  readonly bytes: { readonly length: number };
  readonly ends: { readonly length: number };
}

/** What one document of a batch does not hold unchanged. */
export interface DocumentLosses {
  /** Position in the batch. */
  readonly document: number;
  readonly losses: readonly ValueLoss[];
}

/** Where one document of the batch begins. */
export function documentStart({ ends }: DocumentBatch, index: number): number {
  return index === 0 ? 0 : (ends[index - 1] as number);
}

/** Bytes of one document of the batch. */
export function documentAt(batch: DocumentBatch, index: number): Buffer {
  return batch.bytes.subarray(documentStart(batch, index), batch.ends[index]);
}

/** How many bytes one document of the batch has. */
export function documentBytes(batch: DocumentBatch, index: number): number {
  return (batch.ends[index] as number) - documentStart(batch, index);
}

/** Adds the child rows of one document to sums by child. */
export function addChildRows(sums: number[], childRows: readonly number[] | undefined): void {
  if (childRows === undefined) return;
  for (let child = 0; child < childRows.length; child++)
    sums[child] = (sums[child] ?? 0) + (childRows[child] as number);
}

/** Type of an `_id` that is a string, as it stands in a document's fifth byte; layouts write no others but these two. */
export const STRING_TYPE = 2;
/** Type of one that is an ObjectId. */
export const OBJECT_ID_TYPE = 7;

/** Begins the key of an ObjectId: PostgreSQL's texts hold no zero byte, so no string key begins so. */
export const OBJECT_ID_MARK = '\u0000';
/** Begins the key of an `_id` of any other type, which no layout writes: its element's bytes follow in hex. */
export const FOREIGN_MARK = '\u0000\u0000';

/**
 * `_id` of a document as a key to look it up by: the text of a string, {@link OBJECT_ID_MARK} and hex of an ObjectId.
 * Every layout writes `_id` first and as one of the two; other types are somebody else's documents.
 */
export function idKey(document: Buffer): string {
  const type = document[4];
  // After the length, the type and `_id` with its zero byte.
  if (type === STRING_TYPE) return document.toString('utf8', 13, 13 + document.readInt32LE(9) - 1);
  if (type === OBJECT_ID_TYPE) return `${OBJECT_ID_MARK}${document.toString('hex', 9, 21)}`;
  return `${FOREIGN_MARK}${idElement(document).toString('hex')}`;
}

/** The `_id` element of a document (type, name and value) as bytes, for a query or update that names it. */
function idElement(document: Buffer): Buffer {
  const [id] = bsonElements(document);
  if (id?.name !== '_id') throw new TypeError('A document does not begin with its _id');
  return document.subarray(4, 4 + 1 + id.name.length + 1 + id.value.length);
}

/**
 * The elements that name one document in a filter: its `_id`, and its shard key where the collection has one (a document
 * without the field counts as having null there).
 */
export function keyElements(document: Buffer, shardKey: string | null): Buffer {
  const id = idElement(document);
  if (shardKey === null || shardKey === '_id') return id;
  const name = Buffer.from(`${shardKey}\0`);
  for (const element of bsonElements(document)) {
    // Names are told apart as latin1, which keeps every byte.
    if (`${element.name}\0` !== name.toString('latin1')) continue;
    return Buffer.concat([id, Buffer.of(element.type), name, element.value]);
  }
  return Buffer.concat([id, Buffer.of(BSON_TYPE.null), name]);
}

/** The `_id` element of a document with that key. */
export function idElementOf(key: string): Buffer {
  const out = new BsonWriter(64 + key.length * 3);
  if (key.startsWith(FOREIGN_MARK)) return Buffer.from(key.slice(2), 'hex');
  if (key.startsWith(OBJECT_ID_MARK)) out.raw(BSON_TYPE.objectId, ID_NAME, Buffer.from(key.slice(1), 'hex'));
  else out.string(ID_NAME, key);
  return out.copyFrom(0);
}

const ID_NAME = fieldName('_id');

/** A key for people. */
export function showKey(key: string): string {
  if (key.startsWith(FOREIGN_MARK)) return `BSON ${key.slice(2)}`;
  return key.startsWith(OBJECT_ID_MARK) ? `ObjectId('${key.slice(1)}')` : key;
}
