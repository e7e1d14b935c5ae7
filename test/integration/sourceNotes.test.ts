import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../src/contract/migrationReport.ts';
import { type Pair, runSql, TestApp } from '../support/runMigration.ts';

/** The basic-auth app's tables and those of somebody else, rows without a parent, and files on somebody's disk. */
const ODDITIES = `
  create table users (id serial primary key, username text, password_hash text);
  create table alembic_version_auth (version_num text);
  create table studies (study_id serial primary key, api_token text, input_tokens int);
  insert into users (username, password_hash) values ('ann', 'hash-of-ann'), ('bob', 'hash-of-bob');
  insert into studies (api_token) values ('token-of-optuna');
  alter table params drop constraint params_run_uuid_fkey;
  insert into params (key, value, run_uuid) values ('lost', '1', 'no such run'), ('lost', '2', 'nor this');
  insert into registered_models (name) values ('empty one');
  update runs set artifact_uri = '/home/ann/mlruns/1' where run_uuid = (select min(run_uuid) from runs);
  update runs set artifact_uri = 'C:\\mlruns' where run_uuid = (select max(run_uuid) from runs)`;

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

async function notesOf(pair: Pair, body: object): Promise<readonly Finding[]> {
  const { code, report } = await app.migrate(pair, body);
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  expect(JSON.stringify(report)).not.toMatch(/hash-of|token-of|\/home\/ann/);
  return report.validation.findings;
}

const EXPECTED = [
  ['users', /^users \(2 rows\) belongs to MLflow's basic-auth app/],
  ['alembic_version_auth', /^alembic_version_auth \(0 rows\) belongs to/],
  ['studies', /^studies \(1 row\) is a table of no MLflow release/],
  ['users', /^users\.password_hash holds hashes of passwords \(2 rows\)/],
  ['studies', /^studies\.api_token holds secrets, by its name/],
  ['webhooks', /^webhooks\.secret holds secrets, encrypted/],
  ['secrets', /^secrets\.encrypted_value holds keys of model providers/],
  ['runs', /runs are deleted, and \d+ runs? belongs? to 1 deleted experiment:/],
  ['registered_models', /registered models? (has|have) no version/],
  ['runs', /^2 values of runs\.artifact_uri are paths of one machine's files/],
  ['params', /2 (rows refer by run_uuid to a row that runs has not|values without a parent)/],
] as const;

test.each([{ migration_settings: { dry_run: true } }, {}, { layout: 'mlflow', migration_settings: { dry_run: true } }])(
  'what is deleted, empty, out of reach, secret or no table of MLflow is named: %j',
  async (body) => {
    const pair = await app.pair('3.18.0');
    await runSql(pair.postgresUri, ODDITIES);
    const notes = await notesOf(pair, body);
    for (const [table, message] of EXPECTED) {
      expect(notes).toContainEqual(
        expect.objectContaining({ severity: 'note', table, message: expect.stringMatching(message) }),
      );
    }
    expect(notes.filter(({ field }) => field === 'input_tokens')).toEqual([]);
  },
);

test('what is left out is not spoken of', async () => {
  const pair = await app.pair('3.18.0');
  await runSql(pair.postgresUri, ODDITIES);
  const exclude = ['users', 'alembic_version_auth', 'studies', 'webhooks', 'webhook_events', 'secrets', 'params'];
  const notes = await notesOf(pair, { exclude, migration_settings: { dry_run: true } });
  expect(notes.filter(({ table, check }) => check === 'schema' && exclude.includes(table))).toEqual([]);
});
