import { BSON, type Document } from 'mongodb';
import type { IndexSpec } from './indexes.ts';

/** Options of reading BSON: types as they stand, so that a filter asks for just what the index holds. */
export const EXACT = { promoteValues: false, promoteBuffers: false } as const;

/** BSON types by the names that partial filters of this program use; of no other index is one made. */
function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'date':
      return value instanceof Date;
    case 'object':
      return value !== null && typeof value === 'object' && !('_bsontype' in value) && !Array.isArray(value);
    default: {
      const bsonType = (value as { _bsontype?: string } | null | undefined)?._bsontype;
      return bsonType !== undefined && BSON_TYPES[type] === bsonType;
    }
  }
}

const BSON_TYPES: Readonly<Record<string, string>> = {
  int: 'Int32',
  long: 'Long',
  double: 'Double',
  decimal: 'Decimal128',
  binData: 'Binary',
};

/** Does the index hold the document? A partial one only where its fields are present. */
export function isIndexed(document: Document, { partialFilterExpression }: IndexSpec): boolean {
  return Object.entries(partialFilterExpression ?? {}).every(([field, condition]) =>
    isOfType(document[field], String((condition as Document)['$type'])),
  );
}

/**
 * Asks for documents with the same values in the index; a partial one is used only by whoever asks for its types too. Plain
 * equality elsewhere, as a sharded account looks for the shard key at the top of a filter.
 */
export function valuesFilter(document: Document, { key, partialFilterExpression }: IndexSpec): Document {
  return Object.fromEntries(
    Object.keys(key).map((field) => {
      const value: unknown = document[field] ?? null;
      const present = partialFilterExpression?.[field] as Document | undefined;
      return [field, present === undefined ? value : { $eq: value, ...present }];
    }),
  );
}

/** The document's values in the index as a text to compare: numbers of several types that are equal to an index are equal. */
export function valuesOf(document: Document, { key, name }: IndexSpec): string {
  const values = Object.keys(key).map((field) => {
    const value: unknown = document[field] ?? null;
    const bsonType = (value as { _bsontype?: string } | null)?._bsontype;
    const isNumber = bsonType === 'Int32' || bsonType === 'Long' || bsonType === 'Double';
    return isNumber ? String(value) : BSON.EJSON.stringify({ value }, { relaxed: false });
  });
  return JSON.stringify([name, ...values]);
}

/** Does the index hold the row, with the same values as the document? */
export function haveSameValues(row: Buffer | undefined, document: Buffer, spec: IndexSpec): boolean {
  if (row === undefined) return false;
  const [one, other] = [BSON.deserialize(row, EXACT), BSON.deserialize(document, EXACT)];
  return isIndexed(one, spec) && valuesOf(one, spec) === valuesOf(other, spec);
}
