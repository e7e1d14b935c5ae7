import { MongoServerError } from 'mongodb';
import { expect, test } from 'vitest';
import type { CollectionDefinition } from '../../../src/mlflow/layouts/layout.ts';
import { ensureMade, shardingProblems } from '../../../src/target/sharding.ts';
import type { TargetDatabase } from '../../../src/target/targetDatabase.ts';
import { targetTraits } from '../../../src/target/targetTraits.ts';

const HELLO = { isWritablePrimary: true, maxWriteBatchSize: 100_000 };
const RU = targetTraits({ ...HELLO, setName: 'globaldb' }, '7.0', 'h', false);
const DOCUMENT_DB = targetTraits(
  { ...HELLO, msg: 'isdbgrid', internal: { documentdb_versions: [] } },
  '7.0',
  'h',
  false,
);
const CLUSTER = targetTraits({ ...HELLO, msg: 'isdbgrid' }, '7.0', 'h', false);
const REPLICA_SET = targetTraits({ ...HELLO, setName: 'rs0' }, '7.0', 'h', false);

const uniqueOn = (...fields: string[]) => ({ keys: fields.map((field) => [field, 1] as const), isUnique: true });
const definition = (shardKey: string | undefined, ...indexes: CollectionDefinition['indexes']) =>
  ({ collection: 'c', ...(shardKey === undefined ? {} : { shardKey }), indexes }) as unknown as CollectionDefinition;
const NOTHING = new Set<string>();
const STANDS = new Set(['c']);

test('what shards, and how', () => {
  expect([RU, DOCUMENT_DB, CLUSTER, REPLICA_SET].map(({ sharding }) => sharding)).toEqual([
    'custom-action',
    'hashed',
    'ranged',
    null,
  ]);
});

test('Cosmos DB wants the shard key in each unique index, a cluster of MongoDB at its beginning', () => {
  const behind = [definition('b', uniqueOn('a', 'b'))];
  expect(shardingProblems(behind, RU, {}, NOTHING)).toEqual([]);
  expect(shardingProblems(behind, DOCUMENT_DB, {}, NOTHING)).toEqual([]);
  expect(shardingProblems(behind, CLUSTER, {}, NOTHING)[0]?.message).toMatch(/key b of c .* index on a, b, .* begin/);
  const without = [definition('z', uniqueOn('a', 'b'))];
  for (const traits of [RU, DOCUMENT_DB, CLUSTER])
    expect(shardingProblems(without, traits, {}, NOTHING)[0]?.message).toMatch(/key z of c .* index on a, b/);
  // What is unique among some documents only is a plain index on request units.
  const partial = [definition('z', { ...uniqueOn('a'), presentFields: { a: 'string' } })];
  expect(shardingProblems(partial, RU, {}, NOTHING)).toEqual([]);
  expect(shardingProblems(partial, CLUSTER, {}, NOTHING)).toHaveLength(1);
});

test('a collection that stands there keeps the key that it has', () => {
  const wanted = [definition('a')];
  expect(shardingProblems(wanted, RU, { c: 'a' }, STANDS)).toEqual([]);
  expect(shardingProblems(wanted, RU, { c: 'b' }, STANDS)[0]?.message).toMatch(/sharded by b, .* wants a/);
  expect(shardingProblems(wanted, RU, {}, STANDS)[0]?.message).toMatch(/not sharded, .* wants a/);
  expect(shardingProblems([definition(undefined)], CLUSTER, { c: 'b' }, STANDS)).toHaveLength(1);
  // A cluster says itself whether it can shard what stands there.
  expect(shardingProblems(wanted, CLUSTER, {}, STANDS)).toEqual([]);
  expect(shardingProblems([definition(undefined)], REPLICA_SET, {}, STANDS)).toEqual([]);
});

/** A target without collections that keeps the commands to its cluster, and fails them with a code, or with none. */
function cluster(code: number | 'none' | null): { target: TargetDatabase; commands: object[] } {
  const commands: object[] = [];
  const command = async (sent: object) => {
    commands.push(sent);
    if (code === 'none') throw new MongoServerError({ message: 'text' });
    if (code !== null) throw new MongoServerError({ message: 'text', code });
    return { ok: 1 };
  };
  const listCollections = () => ({ toArray: () => Promise.resolve([]) });
  const db = { databaseName: 'd', admin: () => ({ command }), command, listCollections };
  return { target: { db, display: 'h:1/d' } as unknown as TargetDatabase, commands };
}

test('clusters are asked to shard by ranges or by a hash, and their refusals are told', async () => {
  const { target, commands } = cluster(null);
  await ensureMade(target, CLUSTER, definition('f', uniqueOn('f')));
  await ensureMade(target, DOCUMENT_DB, definition('f', uniqueOn('f')));
  expect(commands).toEqual([
    { shardCollection: 'd.c', key: { f: 1 } },
    { shardCollection: 'd.c', key: { f: 'hashed' } },
  ]);
  await expect(ensureMade(cluster(23).target, CLUSTER, definition('f'))).rejects.toMatchObject({
    kind: 'target-refused',
    message: expect.stringMatching(/c of h:1\/d is already sharded by something other than f/),
  });
  await expect(ensureMade(cluster(13).target, CLUSTER, definition('f'))).rejects.toMatchObject({
    kind: 'target-refused',
    message: expect.stringMatching(/refuses to shard c by f \(code 13\)/),
    hint: expect.stringContaining('clusterManager'),
  });
  await expect(ensureMade(cluster(91).target, CLUSTER, definition('f'))).rejects.toMatchObject({
    kind: 'target-unreachable',
  });
});

test('an account of request units is asked for collection, shard key and unique indexes in one command', async () => {
  const { target, commands } = cluster(null);
  await ensureMade(target, RU, definition('f', uniqueOn('f', 'g'), { keys: [['h', 1]], isUnique: false }));
  await ensureMade(target, RU, definition(undefined, uniqueOn('name')));
  await ensureMade(target, RU, definition(undefined, { keys: [['h', 1]], isUnique: false }));
  await ensureMade(target, REPLICA_SET, definition(undefined, uniqueOn('name')));
  const id = { key: { _id: 1 }, name: '_id_1' };
  expect(commands).toEqual([
    {
      customAction: 'CreateCollection',
      collection: 'c',
      shardKey: 'f',
      indexes: [id, { key: { f: 1, g: 1 }, name: 'f_1_g_1', unique: true }],
    },
    {
      customAction: 'CreateCollection',
      collection: 'c',
      indexes: [id, { key: { name: 1 }, name: 'name_1', unique: true }],
    },
  ]);
  // The ordinary command comes after it and tells what stands in the way.
  for (const code of [59, 'none'] as const)
    await expect(
      ensureMade(cluster(code).target, RU, definition(undefined, uniqueOn('name'))),
    ).resolves.toBeUndefined();
  await expect(ensureMade(cluster(59).target, RU, definition('f', uniqueOn('f')))).rejects.toMatchObject({
    kind: 'target-refused',
  });
});
