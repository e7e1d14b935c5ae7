import { type Document, Double, Int32, Long, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { LATER_WRITES } from '../../src/mlflow/layouts/plugin/laterWriteQuestions.ts';
import { modelObjectId } from '../../src/mlflow/layouts/plugin/registry.ts';
import { collectionsWrittenLater } from '../../src/target/laterWrites.ts';
import { TargetDatabase } from '../../src/target/targetDatabase.ts';
import { startCosmosProxy } from '../faults/proxy/cosmosProxy.ts';
import { type Outcome, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

const migrate = (pair: Pair, body: object = {}): Promise<Outcome> => app.migrate(pair, { layout: 'mlflow', ...body });

/** Inserts a document as the store plugin's driver does: small integers are int32, ids are its own. */
function write(pair: Pair, collection: string, document: Document): Promise<unknown> {
  return withTarget(pair, (db) => db.collection<Document>(collection).insertOne({ ...document }));
}

function count(pair: Pair, collection: string, filter: Document): Promise<number> {
  return withTarget(pair, (db) => db.collection(collection).countDocuments(filter));
}

test.each([
  ['experiments', { _id: '1'.repeat(39), name: 'new', lifecycle_stage: 'active' }],
  ['runs', { _id: 'f'.repeat(32), experiment_id: '0', metrics: [{ k: 'm', v: new Double(1), step: 3 }] }],
  ['registered_models', { name: 'new', version_counter: 0 }],
  ['traces', { _id: 'tr-new', experiment_id: '0', tags: [] }],
  ['runs', { _id: 'e'.repeat(32), experiment_id: '0', metrics: [], outputs: [{ model_id: 'm-1', step: 0 }] }],
  ['runs', { _id: 'd'.repeat(32), experiment_id: '0', metrics: [], deleted_time: null }],
  ['assessments', { trace_id: 't', experiment_id: '0', assessment_id: 'a-new', content: {} }],
])('what MLflow has written to %s since is not undone by migrating again', async (collection, document) => {
  const pair = await app.pair('3.17.2');
  expect((await migrate(pair)).code).toBe(0);
  await write(pair, collection, document);
  for (const body of [{}, { catchUp: true }]) {
    const { code, report } = await migrate(pair, body);
    expect(code).toBe(1);
    expect(report.problems).toEqual([
      expect.objectContaining({ kind: 'target-not-empty', message: expect.stringContaining(`(to ${collection})`) }),
    ]);
  }
  expect(await count(pair, collection, document)).toBe(1);
});

/** After all that a fixture holds. */
const LATER = Long.fromNumber(4_000_000_000_000);

test.each([
  ['mlflow', 'runs', { _id: 'c'.repeat(32), experiment_id: '0', metrics: [], start_time: LATER }],
  ['mlflow', 'logged_models', { _id: 'm-new', experiment_id: '0', creation_timestamp: LATER }],
  ['tables', 'runs', { _id: 'c'.repeat(32), experiment_id: '0', start_time: LATER }],
  ['tables', 'experiments', { _id: '99', name: 'new', creation_time: LATER }],
])('in the layout %s what is new in %s is told by its time, and stays', async (layout, collection, document) => {
  const pair = await app.pair('3.17.2');
  expect((await migrate(pair, { layout })).code).toBe(0);
  await write(pair, collection, document);
  for (const body of [{}, { catchUp: true }]) {
    const { code, report } = await migrate(pair, { layout, ...body });
    expect(code).toBe(1);
    const message = expect.stringContaining(`holds ${collection} that are newer than the newest of the source`);
    expect(report.problems).toEqual([expect.objectContaining({ kind: 'target-not-empty', message })]);
  }
  for (const body of [{ allowExisting: true }, {}]) {
    expect((await migrate(pair, { layout, ...body })).report.deleted).toEqual({});
    expect(await count(pair, collection, document)).toBe(1);
  }
});

const newRun = (id: string, startTime: number) => `insert into runs
    (run_uuid, name, experiment_id, user_id, status, lifecycle_stage, artifact_uri, start_time)
  select '${id}', 'new', min(experiment_id), 'u', 'RUNNING', 'active', 'file:///a', ${startTime} from experiments`;

test('the newest run of the source that vanished there was brought, and goes', async () => {
  const pair = await app.pair('3.17.2');
  const id = 'b'.repeat(32);
  await runSql(pair.postgresUri, newRun(id, 3_000_000_000_000));
  expect((await migrate(pair)).code).toBe(0);
  await runSql(pair.postgresUri, `delete from runs where run_uuid = '${id}'`);
  const { code, report } = await migrate(pair);
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  expect(report.deleted['runs']?.keys).toEqual([id]);
});

test('a run that MLflow starts while the target is migrated to is not deleted, and ends the migration', async () => {
  const pair = await app.pair('3.17.2');
  await runSql(
    pair.postgresUri,
    `insert into metrics (key, value, timestamp, run_uuid, step, is_nan)
       select 'many', g, g, (select min(run_uuid) from runs), g, false from generate_series(1, 60000) g`,
  );
  const id = await app.begin(pair, { layout: 'mlflow' });
  await app.until(id, ({ totals }) => totals.copied > 0);
  const run = { _id: 'c'.repeat(32), experiment_id: '0', metrics: [], start_time: LATER };
  await write(pair, 'runs', run);
  const { code, report } = await app.end(id);
  expect(report.problems).toEqual([
    expect.objectContaining({
      kind: 'target-not-empty',
      message: expect.stringContaining('no migration of this source'),
    }),
  ]);
  expect(code).toBe(1);
  expect(await count(pair, 'runs', run)).toBe(1);
});

test('a metric logged to a migrated run stays where somebody migrates beside it, and from then on', async () => {
  const pair = await app.pair('1.30.1');
  expect((await migrate(pair)).code).toBe(0);
  const run = await withTarget(pair, (db) => db.collection('runs').findOne({}));
  const metric = { k: 'later', v: new Double(0.5), timestamp: Long.fromNumber(1_800_000_000_000), step: 7 };
  await write(pair, 'run_metrics', { ...metric, run_id: run?._id });
  expect((await migrate(pair)).report.problems[0]?.hint).toContain('--yes');
  for (const body of [{ allowExisting: true }, {}, { catchUp: true }]) {
    expect((await migrate(pair, body)).report.status).not.toBe('failed');
    expect(await count(pair, 'run_metrics', { k: 'later' })).toBe(1);
  }
});

test('a target that MLflow only opened is migrated to again', async () => {
  const pair = await app.pair('1.30.1');
  expect((await migrate(pair)).code).toBe(0);
  // What the plugin makes where a source has no experiment 0.
  await withTarget(pair, (db) => db.collection('experiments').updateOne({ _id: '0' as never }, { $set: { tags: [] } }));
  expect((await migrate(pair)).code).toBe(0);
});

test('a new version of a migrated model, and a model that was renamed, are told', async () => {
  const pair = await app.pair('3.17.2');
  expect((await migrate(pair)).code).toBe(0);
  const written = () => question(pair.mongodbUri, pair.database);
  expect(await written()).toEqual([]);
  const [model] = await withTarget(pair, (db) => db.collection('registered_models').find({}).limit(1).toArray());
  if (model === undefined) throw new Error('No model');
  const version = { registered_model_id: model._id, version: 9_999, current_stage: 'None' };
  await write(pair, 'model_versions', version);
  expect(await written()).toEqual(['model_versions']);
  await withTarget(pair, (db) => db.collection('model_versions').deleteOne({ version: 9_999 }));
  await withTarget(pair, (db) =>
    db.collection('registered_models').updateOne({ _id: model._id }, { $set: { name: 'renamed' } }),
  );
  expect(await written()).toContain('registered_models');
});

/** Asks a database directly; `display` makes the program take it for another flavour. */
async function question(uri: string, database: string, display = 't'): Promise<string[]> {
  const target = new TargetDatabase({ uri, options: {}, database, display }, 2);
  try {
    return await collectionsWrittenLater(target, LATER_WRITES, new AbortController().signal);
  } finally {
    await target.close();
  }
}

describe('wherever the document stands in a large collection', () => {
  const database = `later_${process.pid}_${Date.now()}`;
  const STEPS = 2_600;
  const point = (index: number, step: unknown) => ({
    _id: new ObjectId(index.toString(16).padStart(24, '0')),
    run_id: 'r',
    k: 'm',
    step,
  });

  beforeAll(async () => {
    const client = new MongoClient(inject('mongodbUri'));
    const db = client.db(database);
    const points = Array.from({ length: STEPS }, (_, index) => point(index * 2, Long.fromNumber(index)));
    await db.collection('run_metrics').insertMany(points);
    const models = Array.from({ length: STEPS }, (_, index) => `model ${index}`);
    await db
      .collection('registered_models')
      .insertMany(models.map((name) => ({ _id: new ObjectId(modelObjectId(name)), name })));
    const runs = Array.from({ length: STEPS }, (_, index) => ({ _id: `run ${index}`, metrics: [] }));
    await db.collection<{ _id: string }>('runs').insertMany(runs);
    await client.close();
    return async () => {
      const closing = new MongoClient(inject('mongodbUri'));
      await closing.db(database).dropDatabase();
      await closing.close();
    };
  });

  test.each([
    ['mongodb', 't'],
    ['documentdb', 'c.mongocluster.cosmos.azure.com'],
  ])('it is found on %s, and nothing where there is none', async (_flavour, display) => {
    expect(await question(inject('mongodbUri'), database, display)).toEqual([]);
    for (const place of [1, STEPS + 1, STEPS * 2 - 1]) {
      await insertFor(place, async () => {
        expect(await question(inject('mongodbUri'), database, display), String(place)).toEqual(['run_metrics']);
      });
    }
  });

  test('it is found on request units in pages, through refusals', async () => {
    const server = new URL(inject('mongodbUri'));
    const upstream = { host: server.hostname, port: Number(server.port) };
    const proxy = await startCosmosProxy({ upstream, flavour: 'ru', seed: 3, requestUnitsPerSecond: 200 });
    try {
      server.host = `127.0.0.1:${proxy.port}`;
      server.pathname = '/';
      server.searchParams.set('authSource', 'admin');
      expect(await question(server.href, database)).toEqual([]);
      await insertFor(STEPS + 1, async () => {
        expect(await question(server.href, database)).toEqual(['run_metrics']);
      });
      expect(proxy.stats().refusedCommands).toBeGreaterThan(0);
    } finally {
      await proxy.stop();
    }
  });

  /** A point that MLflow has logged stands at that place of the order while `work` is done. */
  async function insertFor(place: number, work: () => Promise<void>): Promise<void> {
    const client = new MongoClient(inject('mongodbUri'));
    const collection = client.db(database).collection('run_metrics');
    const later = point(place, new Int32(4));
    try {
      await collection.insertOne(later);
      await work();
    } finally {
      await collection.deleteOne({ _id: later._id });
      await client.close();
    }
  }
});
