import { expect, test } from 'vitest';
import type { CollectionDefinition, IndexDefinition } from '../../../src/mlflow/layouts/layout.ts';
import { withUniqueIndexes } from '../../../src/mlflow/layouts/withUniqueIndexes.ts';

const KEY: IndexDefinition = {
  keys: [
    ['run_uuid', 1],
    ['key', 1],
  ],
  isUnique: true,
  holdsKey: true,
};
const NAME: IndexDefinition = { keys: [['name', 1]], isUnique: true, presentFields: { name: 'string' } };
const PLUGIN: IndexDefinition = { keys: [['span_id', 1]], isUnique: true, name: 'spans_unique' };
const PLAIN: IndexDefinition = { keys: [['status', 1]], isUnique: false };
const definition = (shardKey?: string) =>
  ({ indexes: [KEY, NAME, PLUGIN, PLAIN], ...(shardKey && { shardKey }) }) as unknown as CollectionDefinition;

test('all stay unique, or those that do not hold the key, or none', () => {
  expect(withUniqueIndexes(definition(), 'all').indexes).toEqual([KEY, NAME, PLUGIN, PLAIN]);
  const plainKey = { keys: KEY.keys, isUnique: false, plainOf: 'run_uuid_1_key_1' };
  expect(withUniqueIndexes(definition(), 'beside-key').indexes).toEqual([plainKey, NAME, PLUGIN, PLAIN]);
  expect(withUniqueIndexes(definition(), 'none').indexes).toEqual([
    plainKey,
    { keys: NAME.keys, isUnique: false, plainOf: 'name_1' },
    { keys: PLUGIN.keys, isUnique: false, plainOf: 'spans_unique' },
    PLAIN,
  ]);
});

test('in a sharded collection the _id rules nothing out across the values of another shard key', () => {
  expect(withUniqueIndexes(definition('run_uuid'), 'beside-key').indexes[0]?.isUnique).toBe(false);
  expect(withUniqueIndexes(definition('_id'), 'beside-key').indexes[0]?.isUnique).toBe(false);
  expect(withUniqueIndexes(definition('value'), 'beside-key').indexes[0]?.isUnique).toBe(true);
});
