import { BSON_TYPE } from '../mlflow/bsonWriter.ts';

/** The documents of a cursor's first batch as BSON bytes, or null where the batch is not the whole answer. */
export function wholeFirstBatch(cursor: Buffer): Buffer[] | null {
  let documents: Buffer[] | null = null;
  let isWhole = false;
  for (const element of elements(cursor)) {
    if (element.name === 'firstBatch') documents = [...elements(element.value)].map(({ value }) => value);
    else if (element.name === 'id') isWhole = element.value.every((byte) => byte === 0);
  }
  return isWhole ? documents : null;
}

/** Elements of a document of the kinds that a cursor's reply has; their values are views of the same memory. */
function* elements(document: Buffer): Generator<{ name: string; value: Buffer }> {
  const end = document.readInt32LE(0) - 1;
  let at = 4;
  while (at < end) {
    const type = document.readUInt8(at);
    const nameEnd = document.indexOf(0, at + 1);
    const name = document.toString('latin1', at + 1, nameEnd);
    const start = nameEnd + 1;
    const length = valueLength(document, type, start);
    yield { name, value: document.subarray(start, start + length) };
    at = start + length;
  }
}

function valueLength(document: Buffer, type: number, start: number): number {
  switch (type) {
    case BSON_TYPE.document:
    case BSON_TYPE.array:
      return document.readInt32LE(start);
    case BSON_TYPE.string:
      return 4 + document.readInt32LE(start);
    case BSON_TYPE.int64:
    case BSON_TYPE.double:
    case BSON_TYPE.date:
      return 8;
    case BSON_TYPE.int32:
      return 4;
    case BSON_TYPE.bool:
      return 1;
    case BSON_TYPE.null:
      return 0;
    default:
      throw new TypeError(`A cursor's reply has a field of type ${type}`);
  }
}
