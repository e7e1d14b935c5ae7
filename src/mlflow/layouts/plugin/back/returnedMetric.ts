import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import type { Fields, RowValue } from './returning.ts';

/** What a migration writes where this release has no such column, or NULL in it. */
export const POINT_STANDS = { timestamp: '0', step: '0' } as const;

/** Value of a metric as MLflow's SQL store keeps it: the greatest number for infinity, and 0 with a mark for what is none. */
export function storedValue(value: BsonElement | undefined): {
  readonly value: RowValue | undefined;
  readonly isNan: boolean;
} {
  if (value?.type !== BSON_TYPE.double) return { value, isNan: false };
  const number = value.value.readDoubleLE(0);
  if (Number.isNaN(number)) return { value: 0, isNan: true };
  if (Number.isFinite(number)) return { value, isNan: false };
  return { value: Math.sign(number) * Number.MAX_VALUE, isNan: false };
}

/** Columns of a point in `metrics` and `latest_metrics`, by its fields in the documents. */
export function pointValues(fields: Fields, columns: ReadonlySet<string>): Record<string, RowValue | undefined> {
  const { value, isNan } = storedValue(fields.get('v'));
  return {
    key: fields.get('k'),
    // Before there was a mark the value itself said it.
    value: isNan && !columns.has('is_nan') ? Number.NaN : value,
    timestamp: fields.get('timestamp'),
    step: fields.get('step'),
    ...(columns.has('is_nan') ? { is_nan: isNan } : {}),
  };
}
