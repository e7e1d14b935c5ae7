import { afterAll, beforeAll, expect, test } from 'vitest';
import { compare, type Pair, runSql, TestApp } from '../support/runMigration.ts';

// What a source's tables are is part of what is checked: rows may come into a table without being written there.

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

const MANY = `insert into metrics (key, value, timestamp, run_uuid, step, is_nan)
  select 'many', g, g, (select min(run_uuid) from runs), g, false from generate_series(1, 60000) g`;

/** A migration under way, in the phase that is wanted. */
async function during(pair: Pair, phase: string): Promise<string> {
  const id = await app.begin(pair);
  await app.until(id, (status) => status.phase === phase);
  return id;
}

test('a column and a table that come while it copies arrive', async () => {
  const pair = await app.pair('2.22.5');
  await runSql(pair.postgresUri, MANY);
  const id = await during(pair, 'copy');
  await runSql(
    pair.postgresUri,
    `alter table params add column pnew int; update params set pnew = 7;
     create table newtab (id int primary key, v text); insert into newtab values (1, 'a'), (2, 'b')`,
  );
  const { code, report } = await app.end(id);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect(report.tables['newtab']).toMatchObject({ total: 2, migrated: 2, errors: 0 });
  expect(report.validation.schema).toBe('ok');
  expect((await compare(pair)).differences).toEqual([]);
});

test('tables that are swapped in by renaming bring rows that look old: they are read again', async () => {
  const pair = await app.pair('2.22.5');
  // Prepared beforehand, so that the rows of the new tables are older than the migration.
  await runSql(
    pair.postgresUri,
    `create table params_new (like params including all);
     insert into params_new select key, 'swapped', run_uuid from params;
     ${MANY}`,
  );
  const id = await during(pair, 'copy');
  await runSql(
    pair.postgresUri,
    'begin; alter table params rename to params_old; alter table params_new rename to params; commit',
  );
  const { code, report } = await app.end(id);
  expect(code).toBe(0);
  expect(report.validation.schema).toBe('ok');
  expect((await compare(pair)).differences).toEqual([]);
});

test('rows that are attached, inherited or restored with another file are found by a later catch-up', async () => {
  const pair = await app.pair('2.22.5');
  await runSql(
    pair.postgresUri,
    `create table log (id int not null, day int not null, primary key (id, day)) partition by list (day);
     create table log_1 partition of log for values in (1);
     create schema prepared;
     create table prepared.log_2 (like log_1 including all);
     insert into log select g, 1 from generate_series(1, 10) g;
     insert into prepared.log_2 select g, 2 from generate_series(1, 10) g`,
  );
  expect((await app.migrate(pair)).code).toBe(0);
  await runSql(pair.postgresUri, 'alter table log attach partition prepared.log_2 for values in (2)');
  const { code, report } = await app.migrate(pair, { catchUp: true });
  expect(code).toBe(0);
  expect(report.tables['log']).toMatchObject({ total: 20, migrated: 20 });
});

test('a table that is dropped leaves documents: they are named, and equality is not claimed', async () => {
  const pair = await app.pair('2.22.5');
  await runSql(pair.postgresUri, 'create table extra (id int primary key); insert into extra values (1), (2)');
  expect((await app.migrate(pair)).code).toBe(0);
  await runSql(pair.postgresUri, 'drop table extra');
  for (const body of [{}, { catchUp: true }, { validateOnly: true }]) {
    const { code, report } = await app.migrate(pair, body);
    expect(code).toBe(3);
    expect(report.validation.schema).toBe('failed');
    expect(report.consistentAt).toBeNull();
    const errors = report.validation.findings.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ table, check }) => [table, check])).toEqual([['extra', 'schema']]);
    expect(report.verdict.details.filter((line) => /planned|no table now/.test(line))).toEqual([
      'Collections of an earlier run for which the source has no table now: extra.',
    ]);
  }
  // A run over some tables says nothing of others.
  expect((await app.migrate(pair, { tables: ['runs', 'experiments'] })).code).toBe(0);
});
