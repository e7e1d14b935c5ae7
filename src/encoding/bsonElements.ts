import { BSON_TYPE } from './bsonWriter.ts';

/** An element of a document; its value is a view of the same memory. */
export interface BsonElement {
  readonly type: number;
  readonly name: string;
  readonly value: Buffer;
}

/** Elements of a document in their order. Throws a TypeError for types that neither this program nor `_id`s use. */
export function* bsonElements(document: Buffer): Generator<BsonElement> {
  const end = document.readInt32LE(0) - 1;
  let at = 4;
  while (at < end) {
    const type = document.readUInt8(at);
    const nameEnd = document.indexOf(0, at + 1);
    const start = nameEnd + 1;
    const length = valueLength(document, type, start);
    yield { type, name: document.toString('latin1', at + 1, nameEnd), value: document.subarray(start, start + length) };
    at = start + length;
  }
}

/** BSON type of a timestamp, which a foreign `_id` may have. */
const TIMESTAMP = 17;

function valueLength(document: Buffer, type: number, start: number): number {
  switch (type) {
    case BSON_TYPE.document:
    case BSON_TYPE.array:
      return document.readInt32LE(start);
    case BSON_TYPE.string:
      return 4 + document.readInt32LE(start);
    case BSON_TYPE.binary:
      return 5 + document.readInt32LE(start);
    case BSON_TYPE.int64:
    case BSON_TYPE.double:
    case BSON_TYPE.date:
    case TIMESTAMP:
      return 8;
    case BSON_TYPE.objectId:
      return 12;
    case BSON_TYPE.decimal128:
      return 16;
    case BSON_TYPE.int32:
      return 4;
    case BSON_TYPE.bool:
      return 1;
    case BSON_TYPE.null:
      return 0;
    default:
      throw new TypeError(`An element has the BSON type ${type}`);
  }
}
