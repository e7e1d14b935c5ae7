import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { stringValue } from '../../../../encoding/bsonToJson.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { numberOf } from './documentFields.ts';

/** What trace metrics sum of an assessment's value, and whether it is a number itself: as MLflow fills the columns from 3.17 on. */
export function numericOf(value: BsonElement | null): {
  readonly aggregate: number | null;
  readonly isNumeric: boolean;
} {
  if (value === null) return { aggregate: null, isNumeric: false };
  if (value.type === BSON_TYPE.bool) return { aggregate: value.value[0] === 1 ? 1 : 0, isNumeric: false };
  if (value.type === BSON_TYPE.string) {
    const answer = stringValue(value.value).trim().toLowerCase();
    return { aggregate: answer === 'yes' ? 1 : answer === 'no' ? 0 : null, isNumeric: false };
  }
  const number = numberOf(value);
  const isNumeric = number !== undefined && Number.isFinite(number);
  // MLflow hands numbers to PostgreSQL as decimals, which know no -0.
  return { aggregate: isNumeric ? number + 0 : null, isNumeric };
}
