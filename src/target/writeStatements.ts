import { BSON_TYPE, BsonWriter, fieldName } from '../encoding/bsonWriter.ts';

const QUERY = fieldName('q');
const UPDATE = fieldName('u');
const UPSERT = fieldName('upsert');
const LIMIT = fieldName('limit');

/** A statement of `update` that puts a document in place of what its key names, or inserts it. `key`: elements as `keyElements` gives them. */
export function replaceStatement(document: Buffer, key: Buffer): Buffer {
  const out = new BsonWriter(document.length + key.length + 256);
  const start = out.begin();
  const query = out.beginField(BSON_TYPE.document, QUERY);
  out.element(key);
  out.end(query);
  out.raw(BSON_TYPE.document, UPDATE, document);
  out.bool(UPSERT, true);
  out.end(start);
  return out.copyFrom(0);
}

/** A statement of `delete` for the one document that a key names. */
export function deleteStatement(key: Buffer): Buffer {
  const out = new BsonWriter(256);
  const start = out.begin();
  const query = out.beginField(BSON_TYPE.document, QUERY);
  out.element(key);
  out.end(query);
  out.int32(LIMIT, 1);
  out.end(start);
  return out.copyFrom(0);
}
