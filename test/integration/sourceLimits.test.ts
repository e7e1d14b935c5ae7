import { randomBytes } from 'node:crypto';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { expect, inject, test } from 'vitest';
import { runSql, TestApp } from '../support/runMigration.ts';

const ROLE = `limited_${randomBytes(4).toString('hex')}`;
const PASSWORD = `canary-of-limits-${randomBytes(6).toString('hex')}`;

test('a table whose order needs more temporary files than the role may write is told at once, and the others arrive', async () => {
  const admin = inject('postgresUri');
  const source = new URL(withDatabase(admin, ROLE));
  await runSql(
    admin,
    `create role ${ROLE} login password '${PASSWORD}'; alter role ${ROLE} set temp_file_limit = '64kB';
     alter role ${ROLE} set work_mem = '64kB'`,
  );
  await runSql(admin, `create database ${ROLE} template template_1_30_1`);
  // Without a key, rows that are many are put in order by the server.
  await runSql(
    source.href,
    `create table wide as select repeat(md5(n::text), 20) as text from generate_series(1, 60000) n;
     grant select on all tables in schema public to ${ROLE}`,
  );
  try {
    [source.username, source.password] = [ROLE, PASSWORD];
    await using app = await TestApp.start({ SOURCE_LIMITED: source.href });
    const { target } = await app.pair('empty');
    const { code, report } = await app.migrate({ source: 'SOURCE_LIMITED', target });
    expect(code).toBe(1);
    const errors = report.validation.findings.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ table }) => table)).toEqual(['wide']);
    expect(errors[0]?.message).toMatch(/temp_file_limit allows \(53400\)\. As a superuser: ALTER ROLE/);
    for (const [table, { total, migrated }] of Object.entries(report.tables))
      expect([table, migrated]).toEqual([table, table === 'wide' ? 0 : total]);
  } finally {
    await runSql(admin, `drop database ${ROLE} with (force)`);
    await runSql(admin, `drop role ${ROLE}`);
  }
});
