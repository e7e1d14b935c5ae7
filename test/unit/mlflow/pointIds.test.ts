import { describe, expect, test } from 'vitest';
import type { SourceTable } from '../../../src/contract/sourceSchema.ts';
import {
  collectionOf,
  documentOf,
  layoutOf,
  METRICS,
  MODEL_METRICS,
  schemaOf,
  table,
  type Value,
} from './layoutRows.ts';

const SCHEMA = schemaOf(table('runs', ['run_uuid!', 'experiment_id:int4']), METRICS, MODEL_METRICS);
const POINT = {
  run_uuid: '00ffab',
  key: 'loss',
  timestamp: 5n,
  step: 7n,
  value: 3,
  is_nan: false,
  model_id: null,
  model_rows: 0n,
  metric_rows: 0n,
};

const idsBy = (pointIds?: 1 | 2) => {
  const history = collectionOf(layoutOf(SCHEMA, pointIds === undefined ? {} : { pointIds }), 'run_metrics');
  return (change: Readonly<Record<string, Value>> = {}) => String(documentOf(history, { ...POINT, ...change })['_id']);
};
const idOf = idsBy(2);

test.each([
  [undefined, '00ff6574f7b84e472e02b6f1'],
  [1, '00ff6574f7b84e472e02b6f1'],
  [2, '00ffe907c1fe78def846304d'],
] as const)('ids of version %s stay what they are, as a target keeps them', (version, expected) => {
  expect(idsBy(version)()).toBe(expected);
});

test('says which version its documents have, and that they are read by runs', () => {
  const definition = (pointIds: 1 | 2) => collectionOf(layoutOf(SCHEMA, { pointIds }), 'run_metrics');
  expect(definition(1)).not.toHaveProperty('idVersion');
  expect(definition(1).orderBy).toEqual([]);
  expect(definition(2)).toMatchObject({ idVersion: 2, orderBy: ['t.run_uuid collate "C"'] });
});

describe('an id of version 2', () => {
  test('is another one when any part of its key differs, and not when anything else does', () => {
    const changes: Record<string, Value>[] = [
      {},
      { run_uuid: '00ffac' },
      { run_uuid: '00ffabl', key: 'oss' },
      { key: 'los' },
      { key: 'loss\u00e9' },
      { key: '' },
      { timestamp: 6n },
      { timestamp: 5n + (1n << 32n) },
      { step: 8n },
      { step: -7n },
      { step: 7n + (1n << 32n) },
      { timestamp: 7n, step: 5n },
      { value: 3.5 },
      { value: -3 },
      { value: 0 },
      { value: null },
      { is_nan: true },
      { model_id: 'm-1', metric_rows: -1n },
      { model_id: 'm-2', metric_rows: -1n },
    ];
    expect(new Set(changes.map((change) => idOf(change))).size).toBe(changes.length);
    expect(idOf({ model_id: 'm-1', model_rows: 1n, dataset_name: 'd' })).toBe(idOf());
  });

  test('begins as the run does, and as its hash where that begins with no four hex digits', () => {
    expect(idOf()).toMatch(/^00ff/);
    for (const run of ['team-run', 'ABCD', 'abc', '', '00fg']) {
      const beginning = idOf({ run_uuid: run }).slice(0, 4);
      expect(idOf({ run_uuid: run, key: 'other', step: 1n }).slice(0, 4)).toBe(beginning);
      expect(beginning).not.toBe(idOf({ run_uuid: `${run}-2` }).slice(0, 4));
    }
  });

  test('grows with the step as the points of one key do', () => {
    const steps = [-5n, 0n, 1n, 15n, 16n, 31n, 32n, 1_000n, 1_000_000n, (1n << 32n) - 1n, 1n << 40n];
    const ordered = steps.map((step) => idOf({ step }).slice(0, 8));
    expect(ordered.toSorted()).toEqual(ordered);
    expect(new Set(ordered).size).toBeGreaterThan(steps.length - 3);
    expect(new Set(ordered.map((id) => id.slice(0, 6))).size).toBe(1);
    expect(idOf({ key: 'other' }).slice(4, 6)).not.toBe(idOf().slice(4, 6));
  });

  test('of points that differ by small numbers never meets another', () => {
    const ids = new Set<string>();
    for (let step = 0; step < 40; step++) {
      for (let time = 0; time < 40; time++) {
        for (const value of [0, 1]) ids.add(idOf({ step: BigInt(step), timestamp: BigInt(time), value }).slice(8));
      }
    }
    expect(ids.size).toBe(40 * 40 * 2);
  });
});

describe.each([1, 2] as const)('by its id of version %s a document tells', (pointIds) => {
  const history = collectionOf(layoutOf(SCHEMA, { pointIds }), 'run_metrics');
  const isLone = (change: Readonly<Record<string, Value>>, stored: Readonly<Record<string, unknown>> = {}) => {
    const document = documentOf(history, { ...POINT, model_id: 'm-1', ...change });
    const { timestamp, step, v } = document;
    const read = { timestamp: BigInt(String(timestamp)), step: BigInt(String(step)), v: Number(v) };
    return history.joined?.lone?.isLone({ ...document, ...read, ...stored });
  };

  test.each<[Record<string, Value>]>([
    [{}],
    [{ model_id: null }],
    [{ value: -0 }],
    [{ value: 0, is_nan: true }],
    [{ value: -0, is_nan: true }],
    [{ value: Number.NaN }],
    [{ step: -1n, timestamp: 0n }],
  ])('that it is the own one of the point %o', (change) => {
    expect(isLone(change)).toBe(false);
  });

  test.each<[Record<string, Value>]>([
    [{ metric_rows: -1n }],
    [{ metric_rows: -1n, value: 0, is_nan: true }],
    [{ metric_rows: -1n, value: null }],
  ])('that it is the one of a model beside it: %o', (change) => {
    expect(isLone(change)).toBe(true);
  });

  test('that it is not a point’s own where a field is of a type that no migration writes', () => {
    expect(isLone({}, { run_id: 7 })).toBe(true);
  });
});

test('rows are found by documents only where their keys are MLflow’s own', () => {
  const keyOf = (...tables: SourceTable[]) => collectionOf(layoutOf(schemaOf(...tables)), 'run_metrics').rowKey;
  const runs = table('runs', ['run_uuid!', 'experiment_id:int4']);
  expect(keyOf(runs, METRICS, MODEL_METRICS)?.map(({ field }) => field)).toEqual([
    'k',
    'v',
    'timestamp',
    'run_id',
    'step',
  ]);
  expect(keyOf(runs, METRICS, { ...MODEL_METRICS, key: null })).toBeUndefined();
  expect(keyOf(runs, { ...METRICS, key: ['key', 'timestamp', 'step', 'run_uuid'] })).toBeUndefined();
});
