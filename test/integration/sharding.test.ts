import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type CosmosProxy, startCosmosProxy } from '../faults/proxy/cosmosProxy.ts';
import { compare, digests, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

/** Every table of the test's own that is keyed by one column and sharded by another, and core tables sharded as they can be. */
const SHARD_KEYS = { metrics: 'key', params: 'run_uuid', tags: 'run_uuid', runs: 'run_uuid', grouped: 'grp' };

let proxy: CosmosProxy;
let app: TestApp;
let pair: Pair;

const settings = (shardKeys: object, more: object = {}) => ({ migration_settings: { shard_keys: shardKeys, ...more } });

beforeAll(async () => {
  const server = new URL(inject('mongodbUri'));
  const upstream = { host: server.hostname, port: Number(server.port) };
  proxy = await startCosmosProxy({ upstream, flavour: 'ru', seed: 5, requestUnitsPerSecond: 50_000, cutRate: 0.01 });
  const database = `sharded_${proxy.port}_${Date.now()}`;
  server.host = `127.0.0.1:${proxy.port}`;
  server.pathname = `/${database}`;
  server.searchParams.set('authSource', 'admin');
  app = await TestApp.start({ RU_TARGET: server.href });
  const source = await app.pair('1.30.1');
  const direct = new URL(inject('mongodbUri'));
  direct.pathname = `/${database}`;
  direct.searchParams.set('authSource', 'admin');
  pair = { ...source, target: 'RU_TARGET', database, mongodbUri: direct.href };
  await runSql(
    pair.postgresUri,
    `create table grouped (id int primary key, grp text, note text);
     insert into grouped select i, 'g' || i % 7, 'n' || i from generate_series(1, 200) i;`,
  );
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await proxy.stop();
});

/** Migrates through the account and compares past it. */
async function arrives(body: object): Promise<Awaited<ReturnType<TestApp['migrate']>>> {
  const outcome = await app.migrate(pair, body);
  expect(outcome.report.problems).toEqual([]);
  expect(outcome.report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(outcome.code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
  return outcome;
}

test('collections are made with their shard keys, filled, and left alone by a second migration', async () => {
  await arrives(settings(SHARD_KEYS));
  expect(proxy.shardKeys()).toEqual(
    Object.fromEntries(Object.entries(SHARD_KEYS).map(([name, key]) => [`${pair.database}.${name}`, key])),
  );
  expect(proxy.stats().resentInserts).toBe(0);
  const before = await digests(pair);
  const { report } = await arrives(settings(SHARD_KEYS));
  for (const [table, { total, unchanged }] of Object.entries(report.tables)) expect(unchanged, table).toBe(total);
  expect(await digests(pair)).toEqual(before);
});

test('documents that were changed, deleted, added, or moved to another shard key are made right', async () => {
  await withTarget(pair, async (db) => {
    const [run] = await db.collection('runs').find().limit(1).toArray();
    await db.collection('runs').updateOne({ _id: run?._id as never }, { $set: { stray_field: 1 } });
    await db.collection('params').deleteMany({});
    await db.collection('grouped').updateOne({ note: 'n3' }, { $set: { grp: 'elsewhere' } });
    await db.collection('grouped').updateOne({ note: 'n5' }, { $unset: { grp: '' } });
    await db
      .collection('tags')
      .insertOne({ _id: 'stray-key' as never, run_uuid: run?.['run_uuid'], key: 'k', value: 'v' });
  });
  const { report } = await arrives(settings(SHARD_KEYS, { validate: 'full' }));
  expect(report.tables['grouped']).toMatchObject({ total: 200, migrated: 200, unchanged: 198, errors: 0 });
});

test('catching up brings rows of new shard keys and deletes the documents of vanished rows', async () => {
  await runSql(
    pair.postgresUri,
    `update grouped set grp = 'moved' where id <= 10;
     delete from grouped where id > 190;
     delete from tags where ctid in (select ctid from tags limit 7);
     insert into grouped values (1001, null, 'without a group');`,
  );
  await arrives({ catchUp: true, ...settings(SHARD_KEYS) });
  const moved = await withTarget(pair, (db) => db.collection('grouped').countDocuments({ grp: 'moved' }));
  expect(moved).toBe(10);
});

test.each([
  [
    'a key that is left out',
    {},
    /collection grouped is in the target already, sharded by grp, and shard_keys does not name it/,
  ],
  ['another key', { ...SHARD_KEYS, grouped: 'note' }, /sharded by grp, and shard_keys wants note/],
  [
    'a key for a collection that stands unsharded',
    { ...SHARD_KEYS, latest_metrics: 'key' },
    /collection latest_metrics is in the target already, not sharded, and shard_keys wants key/,
  ],
])('%s is refused on a target that is migrated already', async (_what, shardKeys, message) => {
  const { code, report } = await app.migrate(pair, settings(shardKeys));
  expect(code).toBe(2);
  expect(report.problems).toContainEqual({
    kind: 'config',
    message: expect.stringMatching(message),
    hint: expect.stringContaining('--drop-target'),
  });
});

test('with the collections dropped another key is taken', async () => {
  await arrives({ dropTarget: true, ...settings({ grouped: 'note' }) });
  expect(proxy.shardKeys()).toEqual({ [`${pair.database}.grouped`]: 'note' });
});

test.each([
  ['a unique index without the key', { runs: 'experiment_id' }, /shard key experiment_id of runs .* index on run_uuid/],
  ['a collection that there is not', { metricz: 'key' }, /collection metricz, .* \(did you mean metrics\?\)/],
  ['a field that there is not', { metrics: 'run_uid' }, /field run_uid for metrics, .* \(did you mean run_uuid\?\)/],
])('%s is refused by name', async (_what, shardKeys, message) => {
  const { code, report } = await app.migrate(pair, { dropTarget: true, ...settings(shardKeys) });
  expect(code).toBe(2);
  expect(report.problems.map((problem) => problem.message)).toContainEqual(expect.stringMatching(message));
});

test('a single MongoDB server is told that it cannot shard', async () => {
  const plain = await app.pair('1.30.1');
  const { code, report } = await app.migrate(plain, settings({ metrics: 'run_uuid' }));
  expect(code).toBe(2);
  expect(report.problems).toEqual([
    {
      kind: 'config',
      message: expect.stringMatching(/shard_keys names metrics, but the target is a single MongoDB server/),
      hint: expect.stringContaining('shard_keys'),
    },
  ]);
});
