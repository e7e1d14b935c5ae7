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
