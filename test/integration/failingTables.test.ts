import { randomBytes } from 'node:crypto';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { compare, type Pair, runSql, TestApp } from '../support/runMigration.ts';
import { type SlowTarget, startSlowTarget } from '../support/slowTarget.ts';

const ROLE = `losing_${randomBytes(4).toString('hex')}`;
const PASSWORD = `canary-of-roles-${randomBytes(6).toString('hex')}`;
const DATABASE = `failing_${ROLE}`;
/** Each request to the target takes so long: the copy is still at its first tables when the last ones fail. */
const SLOW_MS = 60;

let app: TestApp;
let slow: SlowTarget;
let pair: Pair;
let owner: string;

beforeAll(async () => {
  slow = await startSlowTarget(SLOW_MS);
  const source = new URL(withDatabase(inject('postgresUri'), DATABASE));
  [source.username, source.password] = [ROLE, PASSWORD];
  app = await TestApp.start({
    SOURCE_LIMITED: source.href,
    TARGET_SLOW: withDatabase(slow.uri, DATABASE),
  });
  owner = withDatabase(inject('postgresUri'), DATABASE);
  await runSql(inject('postgresUri'), `create role ${ROLE} login password '${PASSWORD}'`);
  pair = {
    source: 'SOURCE_LIMITED',
    target: 'TARGET_SLOW',
    database: DATABASE,
    postgresUri: owner,
    mongodbUri: withDatabase(inject('mongodbUri'), DATABASE),
  };
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await slow.proxy.stop();
});
afterEach(async () => {
  await runSql(inject('postgresUri'), `drop database if exists ${DATABASE} with (force)`);
  await runSql(inject('postgresUri'), `drop owned by ${ROLE}; drop role ${ROLE}`);
});

test('a table that is dropped is planned for no more, one that may no longer be read is a finding, and all others finish', async () => {
  await runSql(inject('postgresUri'), `create database ${DATABASE} template template_1_30_1`);
  // One row each: units begin with the largest tables, so these come late.
  await runSql(
    owner,
    `create table zz_dropped (id int primary key); insert into zz_dropped values (1);
     create table zz_revoked (id int primary key); insert into zz_revoked values (1), (2);
     grant select on all tables in schema public to ${ROLE}`,
  );
  const id = await app.begin(pair, { migration_settings: { parallel: 1 } });
  await app.until(id, ({ phase }) => phase === 'copy');
  await runSql(owner, `drop table zz_dropped; revoke select on zz_revoked from ${ROLE}`);
  const { code, report } = await app.end(id);
  expect(report.problems).toEqual([]);
  expect(report.status).toBe('completed-with-errors');
  expect(code).toBe(1);
  const errors = report.validation.findings.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ table, check }) => [table, check]).sort()).toEqual([['zz_revoked', 'copy']]);
  expect(errors.find(({ table }) => table === 'zz_revoked')?.message).toMatch(/denies reading .* \(42501\)\. Grant/);
  // The plan was made anew without the dropped table.
  expect(report.tables['zz_dropped']).toBeUndefined();
  for (const [table, totals] of Object.entries(report.tables)) {
    const lost = { zz_revoked: 2 }[table] ?? 0;
    expect(totals, table).toMatchObject({ errors: lost, migrated: totals.total - lost });
  }
  // What could not be compared is not spoken of.
  expect(report.validation.content).toBe('incomplete');
  expect(report.consistentAt).toBeNull();
  // What may be read again arrives with the next migration; the dropped table is no longer asked for.
  await runSql(owner, `grant select on zz_revoked to ${ROLE}`);
  const again = await app.migrate(pair);
  expect(again.report.problems).toEqual([]);
  expect(again.code).toBe(0);
  expect(again.report.tables['zz_revoked']).toMatchObject({ total: 2, migrated: 2, unchanged: 0 });
  expect((await compare(pair)).differences).toEqual([]);
});
