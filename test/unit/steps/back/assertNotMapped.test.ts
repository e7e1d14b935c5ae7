import { expect, test } from 'vitest';
import { assertNotMapped } from '../../../../src/steps/back/assertNotMapped.ts';

const ENDS = { source: 'pg:5432/mlflow', target: 'mongo:27017/mlflow' };
const artifacts = [{ from: 's3://a', to: 'gs://b' }];

test('documents with mapped locations do not go back into the database that they came from', () => {
  expect(() => assertNotMapped({ artifacts }, 'source', ENDS)).toThrow('the place of those in pg:5432/mlflow');
  expect(() => assertNotMapped({ artifacts }, 'empty', ENDS)).not.toThrow();
  expect(() => assertNotMapped({}, 'source', ENDS)).not.toThrow();
});
