import { type Document, Double, Long } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Outcome, type Pair, TestApp, withTarget } from '../support/runMigration.ts';

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
