import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { digests, type Outcome, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';
import { type SlowTarget, startSlowTarget } from '../support/slowTarget.ts';

/** Each request to the target takes so long: what is changed while the first rows are compared is committed before the last are. */
const SLOW_MS = 15;

let app: TestApp;
let slow: SlowTarget;

beforeAll(async () => {
  slow = await startSlowTarget(SLOW_MS);
  app = await TestApp.start(
    Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [`SLOW_${name}`, withDatabase(slow.uri, databaseOf(name))]),
    ),
  );
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await slow.proxy.stop();
});

const RUN = `changing_${process.pid}`;
const databaseOf = (name: string) => `${RUN}_${name}`;

async function slowPair(name: string): Promise<{ pair: Pair; fresh: Pair }> {
  const fresh = await app.pair('3.17.2');
  const database = databaseOf(name);
  const pair = { ...fresh, target: `SLOW_${name}`, database, mongodbUri: withDatabase(inject('mongodbUri'), database) };
  return { pair, fresh };
}

/** Migrates, and changes the source when the first rows were compared. */
async function migrateWhile(pair: Pair, change: () => Promise<unknown>, layout = 'mlflow'): Promise<Outcome> {
  const id = await app.begin(pair, { layout, migration_settings: { parallel: 1 } });
  await app.until(id, ({ phase, totals }) => phase === 'validate' && (totals?.validated ?? 0) > 700);
  await change();
  return await app.end(id);
}

/** The documents are those of a migration that nothing happened under, and so are the numbers. */
async function expectAsFresh(outcome: Outcome, pair: Pair, fresh: Pair, layout = 'mlflow'): Promise<void> {
  const { code, report } = outcome;
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  const expected = await app.migrate(fresh, { layout });
  expect(expected.code).toBe(0);
  const { _migration: _ours, ...seen } = await digests(pair);
  const { _migration: _theirs, ...wanted } = await digests(fresh);
  expect(seen).toEqual(wanted);
  const rows = ({ tables }: Outcome['report']) =>
    Object.fromEntries(Object.entries(tables).map(([table, { total, migrated }]) => [table, [total, migrated]]));
  expect(rows(report)).toEqual(rows(expected.report));
  expect(report.totals).toMatchObject({ total: expected.report.totals.total, migrated: expected.report.totals.total });
}

describe('rows that change while they are compared', () => {
  test('points of models arrive when the points of runs that they stood in become others', async () => {
    const { pair, fresh } = await slowPair('a');
    const outcome = await migrateWhile(pair, () =>
      runSql(pair.postgresUri, 'update metrics set value = value + 1 where step = 0'),
    );
    expect(outcome.report.deleted['metrics']?.count).toBeGreaterThan(0);
    await expectAsFresh(outcome, pair, fresh);
  });

  test('points of runs lose their model when the model loses them, though no row of theirs is newer', async () => {
    const { pair, fresh } = await slowPair('b');
    const outcome = await migrateWhile(pair, () => runSql(pair.postgresUri, 'delete from logged_model_metrics'));
    await expectAsFresh(outcome, pair, fresh);
    expect(outcome.report.tables['logged_model_metrics']).toMatchObject({ total: 0, migrated: 0 });
  });

  test('rows that were deleted are in no number, of tables in several collections neither', async () => {
    const { pair, fresh } = await slowPair('c');
    const outcome = await migrateWhile(pair, () =>
      runSql(
        pair.postgresUri,
        "delete from spans where status = 'OK'; delete from assessments; delete from trace_tags",
      ),
    );
    expect(outcome.report.deleted['spans']?.count).toBeGreaterThan(0);
    await expectAsFresh(outcome, pair, fresh);
  });

  test('rows that got another key are counted once', async () => {
    const { pair, fresh } = await slowPair('d');
    const outcome = await migrateWhile(pair, () =>
      runSql(
        pair.postgresUri,
        "update spans set span_id = span_id || 'x' where status = 'OK'; update params set key = key || '_r' where length(key) < 200",
      ),
    );
    await expectAsFresh(outcome, pair, fresh);
  });
});

test.each([
  ['mlflow', 'run_metrics', 'e'],
  ['tables', 'metrics', 'g'],
] as const)(
  'documents that go from the target while rows are compared are written again, in the layout %s',
  async (layout, collection, name) => {
    const { pair, fresh } = await slowPair(name);
    const change = async () => {
      await withTarget(pair, (db) => db.collection(collection).deleteMany({}));
      // Something is written, so that a pass looks for changes.
      await runSql(pair.postgresUri, 'update experiments set lifecycle_stage = lifecycle_stage');
    };
    await expectAsFresh(await migrateWhile(pair, change, layout), pair, fresh, layout);
  },
);

test('of a run that was cancelled the documents are counted, also where a table shares them, and what is not counted is named', async () => {
  const { pair } = await slowPair('f');
  await runSql(pair.postgresUri, 'delete from logged_model_metrics');
  const id = await app.begin(pair, { layout: 'mlflow', migration_settings: { parallel: 1, batch_size: 20 } });
  await app.until(id, ({ phase, totals }) => phase === 'copy' && totals.copied > 300);
  await app.request('POST', `/api/migrations/${id}/cancel`);
  const { report } = await app.end(id);
  expect(report.status).toBe('cancelled');
  const documents = (collection: string) => withTarget(pair, (db) => db.collection(collection).countDocuments());
  expect(await documents('run_metrics')).toBeGreaterThan(0);
  expect(report.tables['metrics']?.migrated).toBe(await documents('run_metrics'));
  expect(report.tables['spans']?.migrated).toBe((await documents('spans')) + (await documents('spans_table')));
  const [ended, counted, acknowledged] = report.verdict.details;
  expect(ended).toMatch(/^Cancelled by the operator at /);
  expect(counted).toMatch(/^In the target, counted there after it ended: /);
  expect(acknowledged).toMatch(/^Rows that share documents .* the target acknowledged: .*and \d+ more/);
});

test.each(['tables', 'mlflow'] as const)(
  'counts of two equal databases agree without a rest, in the layout %s',
  async (layout) => {
    const pair = await app.pair('3.17.2');
    expect((await app.migrate(pair, { layout })).code).toBe(0);
    const { code, report } = await app.migrate(pair, {
      layout,
      validateOnly: true,
      migration_settings: { validate: 'counts' },
    });
    expect(code).toBe(0);
    expect(report.verdict.details.join(' ')).not.toContain('different moments');
    for (const table of ['alembic_version', 'metrics', 'spans', 'assessments', 'runs', 'logged_model_metrics']) {
      expect(report.tables[table], table).toMatchObject({ migrated: report.tables[table]?.total });
    }
    if (layout === 'tables') expect(report.totals.migrated).toBe(report.totals.total);
    else expect(report.verdict.details.join(' ')).toMatch(/the figure includes none of them: .*and \d+ more/);
  },
);
