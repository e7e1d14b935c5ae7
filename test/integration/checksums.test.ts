import { randomBytes } from 'node:crypto';
import { createDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import { type Db, Double, Int32, MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import type { UnitInput, UnitResult } from '../../src/contract/unit.ts';
import { Connections } from '../../src/runtime/connections.ts';
import { Services } from '../../src/runtime/services.ts';
import { copyUnit } from '../../src/steps/copyUnit.ts';
import { prepareTarget } from '../../src/steps/prepareTarget.ts';
import { validateUnit } from '../../src/steps/validateUnit.ts';
import { NO_METRICS } from '../../src/telemetry/metrics.ts';
import { REQUEST } from '../orchestration/request.ts';
import { fixtureFile } from '../support/fixtures.ts';
import { MemoryBlobs } from '../support/memoryBlobs.ts';
import { expectOwnDigests } from '../support/ownDigest.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/ownPostgres.ts';
import { compare, type Pair, runSql, TestApp } from '../support/runMigration.ts';
import { wholePlan } from '../support/wholePlan.ts';

// Of a source that stands still, ranges are compared by the checksums that the copy made of them. Whatever is wrong in the target
// shows all the same, and then their rows are read. The server is the test's own: others write to the one that tests share.

const PASSWORD = `canary-of-checksums-${randomBytes(6).toString('hex')}`;
const NEVER = new AbortController().signal;
const LAYOUTS = ['tables', 'mlflow'] as const;

let server: OwnPostgres;
let app: TestApp;
const pairs = {} as Record<'steps' | 'points' | (typeof LAYOUTS)[number], Pair>;

beforeAll(async () => {
  server = await startOwnPostgres({ password: PASSWORD, settings: { autovacuum: 'off' } });
  const serverUri = `postgresql://postgres:${PASSWORD}@127.0.0.1:${server.port}/postgres`;
  for (const name of ['steps', 'points', ...LAYOUTS] as const) {
    const postgresUri = await createDatabase(serverUri, name);
    await restoreDump(postgresUri, fixtureFile('3.17.2'));
    await runSql(
      postgresUri,
      `insert into params (key, value, run_uuid) select 'many ' || n, n::text, run_uuid
         from (select run_uuid from runs limit 1) r, generate_series(1, ${name === 'tables' || name === 'mlflow' ? 100_000 : 12_000}) n`,
    );
    if (name === 'points') await addPoints(postgresUri);
    const database = `checksums_${name}_${randomBytes(4).toString('hex')}`;
    const mongodbUri = withDatabase(inject('mongodbUri'), database);
    pairs[name] = { source: `SOURCE_${name}`, target: `TARGET_${name}`, postgresUri, mongodbUri, database };
  }
  const settings = Object.values(pairs).flatMap((pair) => [
    [pair.source, pair.postgresUri],
    [pair.target, pair.mongodbUri],
  ]);
  app = await TestApp.start(Object.fromEntries(settings) as Record<string, string>);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function inTarget<T>({ mongodbUri }: Pair, work: (db: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(mongodbUri);
  try {
    return await work(client.db());
  } finally {
    await client.close();
  }
}

const documentsOf = (pair: Pair) =>
  inTarget(pair, async (db) => {
    const names = (await db.listCollections().toArray())
      .map(({ name }) => name)
      .filter((name) => name !== '_migration');
    const counts = await Promise.all(names.map((name) => db.collection(name).countDocuments()));
    return counts.reduce((sum, count) => sum + count, 0);
  });

const opened: Connections[] = [];
afterEach(async () => {
  for (const connections of opened.splice(0)) await connections.close();
});

/** Points of many runs, three ranges of them: those of the runs that begin with `aaaa` are one cluster, nearly as large as may be. */
async function addPoints(postgresUri: string): Promise<void> {
  await runSql(
    postgresUri,
    `insert into runs (run_uuid, experiment_id, lifecycle_stage, artifact_uri)
       select left(case when n <= 14 then 'aaaa' else '' end || md5(n::text), 32), experiment_id, 'active', 'file:///somewhere'
         from (select min(experiment_id) as experiment_id from experiments) e, generate_series(1, 320) n`,
  );
  await runSql(
    postgresUri,
    `insert into metrics (run_uuid, key, value, timestamp, step, is_nan)
       select run_uuid, 'loss ' || n % 3, n / 7.0, 1700000000000 + n, n, false
         from runs, generate_series(1, 300) n where artifact_uri = 'file:///somewhere'`,
  );
}

/** A target that was copied, and what compares it. */
async function copied(name: 'steps' | 'points' = 'steps') {
  const pair = pairs[name];
  await inTarget(pair, (db) => db.dropDatabase());
  const connections = new Connections(
    createConnectionResolver({ STEP_SOURCE: pair.postgresUri, STEP_TARGET: pair.mongodbUri }),
  );
  opened.push(connections);
  const request = {
    ...REQUEST,
    source: { kind: 'secret', secret: 'STEP_SOURCE', schema: null },
    target: { kind: 'secret', secret: 'STEP_TARGET', database: null },
    layout: name === 'points' ? 'mlflow' : 'tables',
  } as const;
  const blobs = new MemoryBlobs();
  const services = new Services(connections, blobs, NO_METRICS, NEVER);
  const { stamp, units, quietFrom } = await wholePlan(services, { id: 'sums', request });
  if (quietFrom === undefined) throw new Error('The source does not stand still');
  const { writer } = await prepareTarget(services, { id: 'sums', planStamp: stamp, run: 'first', request }, NEVER);
  const each = async (step: typeof copyUnit, more: Partial<UnitInput> = {}) => {
    const results: UnitResult[] = [];
    for (let unit = 0; unit < units; unit++) {
      const about = {
        id: 'sums',
        planStamp: stamp,
        request,
        writer,
        notBefore: null,
        only: null,
        skip: [],
        since: null,
      };
      const checksums = { planStamp: stamp, moment: quietFrom };
      results.push(await step(services, { ...about, unit, checksums, ...more }, NEVER));
    }
    // The other layout has notes of its own.
    const clean = { remaining: [], failures: [], ...(name === 'steps' ? { findingCount: 0 } : {}) };
    for (const result of results) expect(result).toMatchObject(clean);
    const repaired = results.flatMap(({ tables }) =>
      Object.entries(tables).flatMap(([table, [, , , again = 0]]) => (again > 0 ? [`${table}: ${again}`] : [])),
    );
    return { repaired, byChecksum: results.reduce((sum, { byChecksum = 0 }) => sum + byChecksum, 0) };
  };
  await each(copyUnit);
  return { pair, each, blobs, checksums: { planStamp: stamp, moment: quietFrom } };
}

test('what equals its checksums is compared by them, until the source has gone on', async () => {
  const { pair, each } = await copied();
  expect(await each(validateUnit)).toEqual({ repaired: [], byChecksum: await documentsOf(pair) });
  await runSql(pair.postgresUri, "update params set value = 'later' where key = 'many 7'");
  // The message was made before: each range asks for itself.
  expect(await each(validateUnit)).toEqual({ repaired: ['params: 1'], byChecksum: 0 });
});

test('a copy makes none of rows that it read at another moment than that of the plan', async () => {
  const { pair, each, blobs } = await copied();
  await blobs.clear('sums/state/checksums/');
  await runSql(pair.postgresUri, "update params set value = 'even later' where key = 'many 7'");
  await each(copyUnit);
  expect(await blobs.list('sums/state/checksums/')).toEqual([]);
});

test.each<[string, (record: { ranges: { batches: unknown[][] }[] }) => unknown]>([
  ['cut short', () => '{"version":1,"planSt'],
  ['of a range less', ({ ranges }) => void ranges.pop()],
  ['with an `_id` that is none', ({ ranges }) => ranges[0]?.batches[0]?.splice(0, 1, '\u0000zz') && undefined],
  ['without a batch', ({ ranges }) => void ranges.find(({ batches }) => batches.length > 0)?.batches.pop()],
])('a record %s stands for nothing', async (_what, change) => {
  const { each, blobs } = await copied();
  for (const path of await blobs.list('sums/state/checksums/')) {
    const record = JSON.parse((await blobs.get(path)) as string) as Parameters<typeof change>[0];
    await blobs.put(path, (change(record) as string | undefined) ?? JSON.stringify(record), 'application/json');
  }
  expect(await each(validateUnit)).toEqual({ repaired: [], byChecksum: 0 });
});

test.each<[string, (db: Db) => Promise<unknown>, readonly string[]]>([
  [
    'a changed byte',
    (db) => db.collection('params').updateOne({ key: 'many 77' }, { $set: { value: '78' } }),
    ['params: 1'],
  ],
  [
    '−0.0 for 0.0',
    (db) => db.collection('metrics').updateOne({ value: 0 }, { $set: { value: new Double(-0) } }),
    ['metrics: 1'],
  ],
  [
    'an int32 for a double',
    (db) =>
      db
        .collection('metrics')
        .updateOne({ value: { $type: 'double', $gte: 1 } }, [{ $set: { value: { $toInt: '$value' } } }]),
    ['metrics: 1'],
  ],
  ['a missing field', (db) => db.collection('runs').updateOne({}, { $unset: { name: '' } }), ['runs: 1']],
  ['a field more', (db) => db.collection('runs').updateOne({}, { $set: { more: new Int32(1) } }), ['runs: 1']],
  ['a missing document', (db) => db.collection('params').deleteOne({ key: 'many 12000' }), ['params: 1']],
  ['two values swapped', swapValues, ['params: 2']],
  [
    'an emptied collection',
    (db) => db.collection('experiments').deleteMany({}),
    [expect.stringMatching(/^experiments: /)],
  ],
  ['a document without a row', addBeside, []],
])('%s is found, and rows are read', async (_what, plant, repaired) => {
  const { pair, each } = await copied();
  const documents = await documentsOf(pair);
  await inTarget(pair, plant);
  const found = await each(validateUnit);
  expect(found.repaired).toEqual(repaired);
  expect(found.byChecksum).toBeLessThan(documents);
  expect(found.byChecksum).toBeGreaterThan(0);
  await inTarget(pair, (db) => db.collection('params').deleteMany({ key: 'nobody' }));
  expect((await compare(pair)).differences).toEqual([]);
});

test.each<[string, 'asc' | 'desc' | 'middle']>([
  ['that is the first one of all', 'asc'],
  ['that is the last one of all', 'desc'],
  ['of a run whose points two batches hold', 'middle'],
])(
  'points are compared by checksums across batches and ranges, and a changed one %s is found',
  async (_what, which) => {
    const { pair, each } = await copied('points');
    const documents = await documentsOf(pair);
    expect(await each(validateUnit)).toEqual({ repaired: [], byChecksum: documents });
    await inTarget(pair, async (db) => {
      const points = db.collection('run_metrics');
      const filter = which === 'middle' ? { run_id: /^aaaa/ } : {};
      const [point] = await points
        .find(filter)
        .sort({ _id: which === 'asc' ? 1 : -1 })
        .limit(1)
        .toArray();
      if (point === undefined) throw new Error('There is no such point');
      await points.updateOne({ _id: point._id }, { $inc: { step: 1 } });
    });
    const found = await each(validateUnit);
    expect(found.repaired).toEqual(['metrics: 1']);
    expect(found.byChecksum).toBeLessThan(documents - 20_000);
    expect(await each(validateUnit)).toEqual({ repaired: [], byChecksum: documents });
  },
);

async function swapValues(db: Db): Promise<void> {
  const params = db.collection('params');
  await params.updateOne({ key: 'many 1' }, { $set: { value: '2' } });
  await params.updateOne({ key: 'many 2' }, { $set: { value: '1' } });
}

async function addBeside(db: Db): Promise<void> {
  const params = db.collection<{ _id: string; key: string }>('params');
  const { _id } = (await params.findOne({ key: 'many 500' })) as { _id: string };
  await params.insertOne({ _id: `${_id}!`, key: 'nobody' });
}

test('checksums of another plan, or of rows that were read at another time, stand for nothing', async () => {
  const { each, checksums } = await copied();
  for (const other of [{ planStamp: 'another' }, { moment: '1' }])
    expect(await each(validateUnit, { checksums: { ...checksums, ...other } })).toEqual({
      repaired: [],
      byChecksum: 0,
    });
});

test('a server that was started again has another moment, as its files may be a copy of before', async () => {
  const { each } = await copied();
  await server.stop();
  await server.start();
  // The first use meets connections of before.
  await expect
    .poll(() => each(validateUnit).catch(() => null), { timeout: 20_000 })
    .toEqual({ repaired: [], byChecksum: 0 });
});

test('a copy that is done again, in part, keeps the checksums of the rest', async () => {
  const { pair, each } = await copied();
  expect(await each(copyUnit, { only: [0] })).toMatchObject({ repaired: [] });
  expect(await each(validateUnit)).toEqual({ repaired: [], byChecksum: await documentsOf(pair) });
});

test.each(LAYOUTS)(
  'a migration to %s says what was compared so, and its rerun reads the target alone',
  async (layout) => {
    const pair = pairs[layout];
    const options = { layout, name: `checksums-${layout}` } as const;
    const first = await app.migrate(pair, options);
    expect(first.code).toBe(0);
    const byChecksum = first.report.compared?.byChecksum ?? 0;
    const documents = await documentsOf(pair);
    expect(byChecksum).toBe(documents);
    const text = await (await app.request('GET', `/api/migrations/${first.id}/report?format=text`)).text();
    expect(text).toContain('compared with the SHA-256 of what their rows made');
    await expectOwnDigests(pair, first);

    const again = await app.migrate(pair, options);
    expect(again.code).toBe(0);
    expect(again.report.seconds.copy).toBe(0);
    expect(again.report.compared?.byChecksum).toBe(byChecksum);
    expect(again.report.digests).toEqual(first.report.digests);
    expect(again.report.totals).toEqual(first.report.totals);
    expect(again.report.tables).toEqual(
      Object.fromEntries(
        Object.entries(first.report.tables).map(([table, rows]) => [table, { ...rows, unchanged: rows.total }]),
      ),
    );

    // Whoever asks for a comparison alone gets one of rows.
    const validated = await app.migrate(pair, { ...options, validateOnly: true });
    expect(validated.code).toBe(0);
    expect(validated.report.compared).not.toHaveProperty('byChecksum');
    expect(validated.report.digests).toEqual(first.report.digests);

    // What somebody does to the target meanwhile, a rerun finds and mends.
    await inTarget(pair, async (db) => {
      await db.collection('experiments').updateOne({}, { $set: { name: 'somebody was here' } });
      // To the layout of the plugin this would be a model that MLflow has made since, which no run may delete.
      if (layout !== 'tables') return;
      await db.collection('registered_models').insertOne({ name: 'of nobody' });
      // An `_id` that no layout writes.
      await db.collection<{ _id: number }>('metrics').insertOne({ _id: 7 });
    });
    const mended = await app.migrate(pair, options);
    expect(mended.code).toBe(0);
    expect(mended.report.totals.migrated).toBe(mended.report.totals.total);
    expect(Object.keys(mended.report.deleted).toSorted()).toEqual(
      layout === 'tables' ? ['metrics', 'registered_models'] : [],
    );
    expect(mended.report.tables['experiments']?.repaired).toBe(1);
    expect(mended.report.compared?.byChecksum).toBeLessThan(byChecksum);
    expect(mended.report.digests).toEqual(first.report.digests);

    // One transaction, of whichever database, and rows are read again.
    await runSql(pairs.steps.postgresUri, 'create table some_other ()');
    const moved = await app.migrate(pair, options);
    expect(moved.code).toBe(0);
    expect(moved.report.compared).not.toHaveProperty('byChecksum');
    await runSql(pairs.steps.postgresUri, 'drop table some_other');
  },
);
