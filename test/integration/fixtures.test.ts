import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIXTURE_VERSIONS, fixtureCounts } from '../support/fixtures.ts';
import { compare, digests, type Pair, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

describe.each(FIXTURE_VERSIONS)('a database that MLflow %s wrote', (version) => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await app.pair(version);
  });

  test('arrives with every row of every table and no difference', async () => {
    const { code, report, status } = await app.migrate(pair);
    const { tables } = await fixtureCounts(version);
    expect(report.problems).toEqual([]);
    expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      status: 'completed',
      validation: { counts: 'ok', types: 'ok', indexes: 'ok', references: 'ok', content: 'ok' },
    });
    expect(Object.fromEntries(Object.entries(report.tables).map(([table, { migrated }]) => [table, migrated]))).toEqual(
      tables,
    );
    for (const totals of Object.values(report.tables)) {
      expect(totals).toEqual({
        total: totals.total,
        migrated: totals.total,
        unchanged: 0,
        errors: 0,
        repaired: 0,
      });
    }
    expect(status).toMatchObject({ status: 'completed', phase: 'done', percent: 100, failures: [] });
    const { differences, rows } = await compare(pair);
    expect(differences).toEqual([]);
    expect(rows).toBe(report.totals.migrated - (tables['alembic_version'] ?? 0));
  });

  test('is the same to the last bit after a second migration', async () => {
    const before = await digests(pair);
    const { code, report } = await app.migrate(pair);
    expect(code).toBe(0);
    expect(await digests(pair)).toEqual(before);
    for (const [table, totals] of Object.entries(report.tables)) {
      if (table !== 'alembic_version') expect(totals, table).toMatchObject({ unchanged: totals.total, repaired: 0 });
    }
  });
});

test('the sample of a release keeps its revision in _migration', async () => {
  const pair = await app.pair('3.17.2');
  const { report } = await app.migrate(pair, { tables: ['experiments', 'alembic_version'] });
  const { alembic } = await fixtureCounts('3.17.2');
  expect(report.environment).toMatchObject({ revision: alembic, mlflowRelease: '3.17', schema: 'public' });
  const marker = await withTarget(pair, (db) => db.collection('_migration').find().toArray());
  expect(marker).toEqual([
    expect.objectContaining({ version_num: alembic, version_nums: [alembic], layout: 'tables' }),
  ]);
});

const FIXTURES = join(import.meta.dirname, '../fixtures');
const KNOWN: readonly string[] = FIXTURE_VERSIONS;
/** Dumps that no other suite clones: they are restored here only. */
const OTHERS = readdirSync(FIXTURES)
  .flatMap((file) => /^mlflow-(.*)\.sql\.gz$/.exec(file)?.[1] ?? [])
  .filter((version) => !KNOWN.includes(version));

test.each(OTHERS)('a dump of MLflow %s arrives with no difference', async (version) => {
  const pair = await app.pair('empty');
  await restoreDump(pair.postgresUri, join(FIXTURES, `mlflow-${version}.sql.gz`));
  const { code, report } = await app.migrate(pair);
  expect(report.problems).toEqual([]);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  const counted = JSON.parse(readFileSync(join(FIXTURES, `mlflow-${version}.counts.json`), 'utf8')) as {
    tables: Record<string, number>;
  };
  expect(Object.fromEntries(Object.entries(report.tables).map(([table, { migrated }]) => [table, migrated]))).toEqual(
    counted.tables,
  );
  expect((await compare(pair)).differences).toEqual([]);
});
