import { randomBytes } from 'node:crypto';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { expect, inject, test } from 'vitest';
import { compare, type Pair, runSql, TestApp } from '../support/runMigration.ts';
import { startTransactionPooler } from '../support/transactionPooler.ts';

test('a pooler that moves each transaction to another connection leads to the same source', async () => {
  const database = `pooled_${randomBytes(6).toString('hex')}`;
  const postgresUri = withDatabase(inject('postgresUri'), database);
  const mongodbUri = withDatabase(inject('mongodbUri'), database);
  await runSql(inject('postgresUri'), `create database ${database} template template_2_22_5`);
  {
    await using pooler = await startTransactionPooler(postgresUri, 4);
    await using app = await TestApp.start({
      POOLED: `postgresql://anybody@127.0.0.1:${pooler.port}/${database}?sslmode=disable`,
      DIRECT: postgresUri,
      POOLED_TARGET: mongodbUri,
    });
    const pair: Pair = { source: 'POOLED', target: 'POOLED_TARGET', postgresUri, mongodbUri, database };
    const { code, report } = await app.migrate(pair);
    expect(report.problems).toEqual([]);
    expect(code).toBe(0);
    expect(pooler.moves).toBeGreaterThan(5);
    expect((await compare(pair)).differences).toEqual([]);
    const direct = await app.migrate({ ...pair, source: 'DIRECT' }, { catchUp: true });
    expect(direct.report.problems).toEqual([]);
    expect(direct.code).toBe(0);
  }
  await runSql(inject('postgresUri'), `drop database ${database} with (force)`);
});

test('a pooler with room for a few clients is asked for no more, and everything arrives', async () => {
  const database = `narrow_${randomBytes(6).toString('hex')}`;
  const postgresUri = withDatabase(inject('postgresUri'), database);
  const mongodbUri = withDatabase(inject('mongodbUri'), database);
  await runSql(inject('postgresUri'), `create database ${database} template template_2_22_5`);
  {
    await using pooler = await startTransactionPooler(postgresUri, 2, { maxClients: 2 });
    await using app = await TestApp.start({
      NARROW: `postgresql://anybody@127.0.0.1:${pooler.port}/${database}?sslmode=disable`,
      NARROW_TARGET: mongodbUri,
    });
    const pair: Pair = { source: 'NARROW', target: 'NARROW_TARGET', postgresUri, mongodbUri, database };
    const { code, report } = await app.migrate(pair, { migration_settings: { parallel: 6 } });
    expect(report.problems).toEqual([]);
    expect(code).toBe(0);
    expect(pooler.refused).toBeGreaterThan(0);
    expect(pooler.mostClients).toBe(2);
    expect((await compare(pair)).differences).toEqual([]);
  }
  await runSql(inject('postgresUri'), `drop database ${database} with (force)`);
});

test.each([
  ['SASL authentication failed', 'source-refused', /^The pooler at .* refused the user or password/],
  ['no such database: mlflow', 'source-refused', /^The pooler at .* has no such database/],
  ['unsupported startup parameter: options', 'source-refused', /^The pooler at .* does not pass on .* options/],
  ['no more connections allowed (max_client_conn)', 'source-unreachable', /^The pooler at .* no connection to spare/],
])('what a pooler refuses is told as that: %s', async (refusal, kind, message) => {
  await using pooler = await startTransactionPooler(inject('postgresUri'), 1, { refusal });
  await using app = await TestApp.start({
    REFUSED: `postgresql://anybody@127.0.0.1:${pooler.port}/mlflow?sslmode=disable`,
  });
  const { code, report } = await app.migrate({ source: 'REFUSED', target: (await app.pair('empty')).target });
  expect(report.problems).toEqual([
    { kind, message: expect.stringMatching(message), hint: expect.stringMatching(/\w+ \w+/) },
  ]);
  expect(code).toBe(4);
});
