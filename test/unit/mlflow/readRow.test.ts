import { BSON, Double, Int32, Long, ObjectId } from 'bson';
import { expect, test } from 'vitest';
import type { SourceTable } from '../../../src/contract/sourceSchema.ts';
import { rowReader } from '../../../src/mlflow/layouts/tables/readRow.ts';

function tableOf(name: string, columns: Readonly<Record<string, string>>): SourceTable {
  return {
    name,
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      type,
      typeClass: 'b',
      elementType: null,
      elementClass: null,
      notNull: false,
    })),
    key: null,
    uniqueKeys: [],
    foreignKeys: [],
    bytes: 0,
    leadingColumns: [],
    canSample: true,
  };
}

function read(table: SourceTable, document: object) {
  return rowReader(table)(Buffer.from(BSON.serialize({ _id: new ObjectId(), ...document })));
}

const RUNS = tableOf('runs', { run_uuid: 'varchar', name: 'varchar', experiment_id: 'int4', status: 'varchar' });
const METRICS = tableOf('metrics', { key: 'varchar', value: 'float8', step: 'int8', is_nan: 'bool' });

test('fields become the columns of their names, whatever `_id` stands beside them', () => {
  const { values, faults } = read(RUNS, { experiment_id: '7', run_uuid: 'r', name: null, run_name: null });
  expect(values).toEqual(['r', null, '7', undefined]);
  expect(faults).toEqual([]);
});

test('a copy of a column stands in for it where it is missing', () => {
  expect(read(RUNS, { run_uuid: 'r', run_name: 'n' }).values).toEqual(['r', 'n', undefined, undefined]);
});

test('a copy that says something else than its column is a fault, in whatever order they stand', () => {
  for (const document of [
    { name: 'a', run_name: 'b' },
    { run_name: 'b', name: 'a' },
  ]) {
    expect(read(RUNS, document).faults.map(({ field }) => field)).toEqual(['run_name']);
  }
});

test('a status is the number that an old schema holds', () => {
  const old = tableOf('runs', { status: 'int4' });
  expect(read(old, { status: 'FINISHED' }).values).toEqual(['3']);
  expect(read(old, { status: 'UNHEARD_OF' }).faults).toHaveLength(1);
});

test('a metric that is NaN is 0 in the row, which says so', () => {
  const nan = new Double(Number.NaN);
  expect(read(METRICS, { value: nan, step: new Int32(1) }).values).toEqual([undefined, '0', '1', 'true']);
  expect(read(METRICS, { value: nan, is_nan: true }).values).toEqual([undefined, '0', undefined, 'true']);
  // PostgreSQL's own NaN, which the row does not mark.
  expect(read(METRICS, { value: nan, is_nan: false }).values).toEqual([undefined, 'NaN', undefined, 'false']);
});

test('what no column takes is named by field, without its value', () => {
  const { faults } = read(METRICS, { stray: 'secret', step: 'secret', key: new Long(1) });
  expect(faults.map(({ field }) => field).toSorted()).toEqual(['key', 'step', 'stray']);
  expect(JSON.stringify(faults)).not.toContain('secret');
});

test('a type of BSON that nothing here knows is a fault, not a failure', () => {
  expect(read(METRICS, { key: /expression/ }).faults).toEqual([
    { field: '', reason: 'it holds a type of BSON that no column takes' },
  ]);
});

test('tags of an experiment are rows of another table, those of a model none at all', () => {
  const experiments = tableOf('experiments', { experiment_id: 'int4' });
  expect(read(experiments, { tags: [{ key: 'k', value: 'v' }] })).toMatchObject({
    pairs: [{ field: 'tags', key: 'k', value: 'v' }],
    faults: [],
  });
  expect(read(experiments, { tags: { k: 'v' } }).faults).toHaveLength(1);
  const models = tableOf('registered_models', { name: 'varchar' });
  expect(read(models, { tags: [] }).faults).toEqual([]);
  expect(read(models, { tags: [{ key: 'k', value: 'v' }] }).faults).toHaveLength(1);
});

test('JSON that means the same is equal, however it is spelt', () => {
  const table = tableOf('label_schemas', { input_config: 'text' });
  const [one, other, text] = [{ a: 1, b: [1.5] }, { b: [1.5], a: 1 }, '{"b":[1.5],"a":1}'].map((input_config) =>
    read(table, { input_config }),
  );
  expect(one?.comparable).toEqual(other?.comparable);
  expect(one?.comparable).toEqual(text?.comparable);
  expect(text?.values).toEqual(['{"b":[1.5],"a":1}']);
});
