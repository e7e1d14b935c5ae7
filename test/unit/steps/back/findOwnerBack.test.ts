import { expect, test } from 'vitest';
import type { Owner, Ownership } from '../../../../src/contract/ownership.ts';
import { findOwnerBack } from '../../../../src/steps/back/findOwnerBack.ts';

const identity = {
  systemFrom: 'control-file',
  system: '7',
  database: '5',
  schema: 'public',
} as unknown as Owner['identity'];
const other = { ...identity, database: '6' } as Owner['identity'];

function recordOf(...owners: readonly (readonly [layout: string, identity: Owner['identity']])[]): Ownership {
  const all = owners.map(([layout, of], index) => ({
    id: String(index),
    layout,
    identity: of,
    versions: [],
    label: layout,
  }));
  return { target: 't', owners: all, collections: [], drop: null, throughput: null };
}

test('the source finds its own documents, whatever layout they have', () => {
  for (const layout of ['tables', 'mlflow'] as const) {
    const found = findOwnerBack(recordOf([layout, identity]), identity, 'tables', 'target');
    expect(found).toMatchObject({ into: 'source', owner: { layout } });
  }
});

test('where it stands there in both layouts, the one that was asked for is brought back', () => {
  const record = recordOf(['tables', identity], ['mlflow', identity]);
  expect(findOwnerBack(record, identity, 'mlflow', 'target').owner.layout).toBe('mlflow');
  expect(findOwnerBack(record, identity, 'tables', 'target').owner.layout).toBe('tables');
});

test('another database gets the only documents there, and none of several', () => {
  expect(findOwnerBack(recordOf(['mlflow', other]), identity, 'tables', 'target').into).toBe('empty');
  const several = recordOf(['mlflow', other], ['tables', other]);
  expect(() => findOwnerBack(several, identity, 'tables', 'target')).toThrow('2 databases');
  expect(() => findOwnerBack(null, identity, 'tables', 'target')).toThrow('holds nothing');
});
