import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Outcome, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

/** As MLflow's basic-auth app makes them where it shares the schema; and a table that somebody else keeps there. */
const OTHER_TABLES = `
  create table users (id serial primary key, username text unique, password_hash text, is_admin bool);
  create table experiment_permissions (id serial primary key, experiment_id text, user_id int references users, permission text);
  create table studies (study_id serial primary key, study_name text);
  insert into users (username, password_hash) values ('ann', 'hash-of-ann'), ('bob', 'hash-of-bob');
  insert into experiment_permissions (experiment_id, user_id, permission) values ('0', 1, 'READ');
  insert into studies (study_name) values ('s')`;

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

async function pairWithOthers(): Promise<Pair> {
  const pair = await app.pair('1.30.1');
  await runSql(pair.postgresUri, OTHER_TABLES);
  return pair;
}

const collectionsOf = (pair: Pair): Promise<string[]> =>
  withTarget(pair, async (db) => (await db.listCollections().toArray()).map(({ name }) => name).sort());

const equality = ({ report }: Outcome): string => report.verdict.instantLines.join('\n');

test.each(['tables', 'mlflow'])(
  'tables that are left out stay away in the layout %s, and the proof says so',
  async (layout) => {
    const pair = await pairWithOthers();
    const outcome = await app.migrate(pair, { layout, exclude: ['users', 'studies'] });
    expect(outcome.report.problems).toEqual([]);
    expect(outcome.code).toBe(0);
    expect(Object.keys(outcome.report.tables)).toEqual(expect.arrayContaining(['runs', 'experiment_permissions']));
    expect(Object.keys(outcome.report.tables)).not.toEqual(expect.arrayContaining(['users']));
    expect(await collectionsOf(pair)).not.toEqual(expect.arrayContaining(['users']));
    expect(await collectionsOf(pair)).not.toEqual(expect.arrayContaining(['studies']));
    expect(equality(outcome)).toMatch(/^Target equals source up to: .* UTC, without the tables users, studies;/);
    expect(outcome.report.settings.exclude).toEqual(['users', 'studies']);
    expect(outcome.report.verdict.checks.references.note).toContain('experiment_permissions → users');
  },
);

test('a table that may not be read can be left out, and what it holds may change meanwhile', async () => {
  const pair = await pairWithOthers();
  await runSql(
    pair.postgresUri,
    `alter table studies enable row level security; alter table studies force row level security`,
  );
  const outcome = await app.migrate(pair, { exclude: ['studies'] });
  expect(outcome.report.problems).toEqual([]);
  expect(outcome.code).toBe(0);
});

test('what an earlier run brought stays as it is, and is no fault', async () => {
  const pair = await pairWithOthers();
  await app.migrate(pair);
  const outcome = await app.migrate(pair, { exclude: ['users'] });
  expect(outcome.code).toBe(0);
  expect(outcome.report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(await collectionsOf(pair)).toEqual(expect.arrayContaining(['users']));
});

test.each([
  ['tables', 'user', 'The source has no table user (did you mean users?)'],
  ['mlflow', 'params', 'params cannot be left out: its rows stand in documents of runs'],
])('layout %s refuses to leave out %s', async (layout, table, message) => {
  const { code, report } = await app.migrate(await pairWithOthers(), { layout, exclude: [table] });
  expect(code).toBe(2);
  expect(report.problems.map((problem) => problem.message)).toEqual([message]);
});
