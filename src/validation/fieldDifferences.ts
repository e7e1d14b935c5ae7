import { BSON, type Document } from 'bson';

/** One field that differs, by its path; types only, never values. */
export interface FieldDifference {
  readonly field: string;
  readonly sourceType: string;
  readonly targetType: string;
  /** False where the types are equal and the value is not. */
  readonly isTypeDifference: boolean;
}

/** Enough to tell that documents differ, and how. */
const FEW_DIFFERENCES = 20;

/**
 * The first differences of two documents, up to `most`. Compares two documents field by field, types included; order of fields does not count (Cosmos DB may keep its own). Doubles are compared bit by bit, so that -0 and NaN count.
 */
export function fieldDifferences(expected: Buffer, actual: Buffer, most = FEW_DIFFERENCES): FieldDifference[] {
  const differences: FieldDifference[] = [];
  const options = { promoteValues: false, promoteLongs: false, promoteBuffers: false, useBigInt64: false } as const;
  const left = BSON.deserialize(expected, options);
  const right = BSON.deserialize(actual, options);
  compareObjects(left, right, '', { differences, most });
  return differences;
}

interface Found {
  readonly differences: FieldDifference[];
  readonly most: number;
}

function compareObjects(left: Document, right: Document, path: string, out: Found): void {
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (out.differences.length >= out.most) return;
    const field = path === '' ? key : `${path}.${key}`;
    compareValues(
      Object.hasOwn(left, key) ? left[key] : undefined,
      Object.hasOwn(right, key) ? right[key] : undefined,
      field,
      out,
    );
  }
}

function compareValues(left: unknown, right: unknown, field: string, out: Found): void {
  const sourceType = typeName(left);
  const targetType = typeName(right);
  if (sourceType !== targetType) {
    out.differences.push({ field, sourceType, targetType, isTypeDifference: true });
    return;
  }
  if (sourceType === 'document' || sourceType === 'array') {
    compareObjects(left as Document, right as Document, field, out);
    return;
  }
  const wrapped = (value: unknown) => Buffer.from(BSON.serialize({ v: value }));
  if (!wrapped(left).equals(wrapped(right)))
    out.differences.push({ field, sourceType, targetType, isTypeDifference: false });
}

function typeName(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (value instanceof Date) return 'date';
  const bsonType = (value as { _bsontype?: string })._bsontype;
  switch (bsonType) {
    case 'Int32':
      return 'int32';
    case 'Long':
      return 'int64';
    case 'Double':
      return 'double';
    case 'Decimal128':
      return 'decimal128';
    case 'Binary':
      return 'binary';
    case 'ObjectId':
      return 'objectId';
    case undefined:
      return 'document';
    default:
      return bsonType;
  }
}
