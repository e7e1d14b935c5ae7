/** Thrown by what reads a document's value, caught by whoever reads the document: a column cannot hold it. The reason holds no value. */
export class ValueFault extends Error {}

/** How BSON's types are called in messages. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'double',
  2: 'string',
  3: 'document',
  4: 'array',
  5: 'binary',
  7: 'ObjectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  16: 'int32',
  17: 'timestamp',
  18: 'int64',
  19: 'decimal128',
};

/** A value of a BSON type where the column takes another. */
export function wrongType(type: number, wanted: string): ValueFault {
  return new ValueFault(`it is a ${TYPE_NAMES[type] ?? `value of BSON type ${type}`}, and the column takes ${wanted}`);
}
