import { dropDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import { quoteIdentifier, quoteLiteral } from '../../src/quoteSql.ts';
import { SourceDatabase } from '../../src/source/sourceDatabase.ts';
import { runSql } from '../support/runMigration.ts';

const DATABASE = `source_session_${process.pid}_${Date.now()}`;

beforeAll(async () => {
  await runSql(inject('postgresUri'), `create database ${DATABASE}`);
  const setUp = [
    'create schema team_a',
    "create function team_a.length(text) returns int language sql as 'select 42'",
    `alter database ${DATABASE} set search_path = team_a, pg_catalog`,
    `alter database ${DATABASE} set standard_conforming_strings = off`,
  ];
  await runSql(withDatabase(inject('postgresUri'), DATABASE), setUp.join('; '));
});
afterAll(() => dropDatabase(inject('postgresUri'), DATABASE));

async function ask<T>(sql: string): Promise<T | undefined> {
  const resolver = createConnectionResolver({ URI: withDatabase(inject('postgresUri'), DATABASE) });
  const source = SourceDatabase.open(
    await resolver.resolvePostgres({ kind: 'secret', secret: 'URI', schema: null }),
    1,
  );
  try {
    return await source.read(async (client) => (await client.query<{ value: T }>(sql)).rows[0]?.value);
  } finally {
    await source.close();
  }
}

test("no function of a schema on the login's path takes the place of the server's own", async () => {
  expect(await ask("select length('ab'::text) as value")).toBe(2);
});

test("names on the login's path are still found", async () => {
  expect(await ask("select array_to_string(current_schemas(false), ',') as value")).toBe('pg_catalog,team_a');
});

test.each(["it's", 'a\\', "\\'; select 1 --", '$1 "x"'])('the text %j comes back as it is', async (text) => {
  const sql = `select ${quoteLiteral(text)} as ${quoteIdentifier('value')}`;
  expect(await ask(sql)).toBe(text);
});
