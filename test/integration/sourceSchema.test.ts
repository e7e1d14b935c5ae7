import { dropDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import { MigrationError } from '../../src/errors.ts';
import { introspect } from '../../src/source/introspect.ts';
import { runSql } from '../support/runMigration.ts';

const DATABASE = `source_schema_${process.pid}_${Date.now()}`;
const tables = ['experiments', 'runs', 'metrics', 'params', 'tags'].map(
  (name) => `create table team_a.${name} (id int)`,
);

beforeAll(async () => {
  await runSql(inject('postgresUri'), `create database ${DATABASE}`);
  await runSql(withDatabase(inject('postgresUri'), DATABASE), ['create schema team_a', ...tables].join('; '));
});
afterAll(() => dropDatabase(inject('postgresUri'), DATABASE));

/** The schema that is found by a URI with such a query, and else the hint. */
const found = async (query: string, schema: string | null = null, login?: string): Promise<string> => {
  const url = new URL(`${withDatabase(inject('postgresUri'), DATABASE)}?${query}`);
  if (login !== undefined) [url.username, url.password] = [login, login];
  const uri = url.href;
  const resolved = await createConnectionResolver({ URI: uri }).resolvePostgres({
    kind: 'secret',
    secret: 'URI',
    schema,
  });
  const client = new pg.Client(resolved.config);
  await client.connect();
  try {
    return (await introspect(client, resolved.schema)).schema.schema;
  } catch (error) {
    if (error instanceof MigrationError) return error.hint;
    throw error;
  } finally {
    await client.end();
  }
};

test.each(['search_path=nope,team_a', 'search_path=public,team_a', 'schema=team_a', 'options=-csearch_path%3Dteam_a'])(
  '%s leads to the tables',
  async (query) => {
    expect(await found(query)).toBe('team_a');
  },
);

test('where the tables are elsewhere, the setting that led astray is the one to correct', async () => {
  const named = 'They are in schema team_a: correct source.schema in the file or request, or else schema';
  expect(await found('search_path=nope')).toContain(named);
  expect(await found('search_path=nope&options=-csearch_path%3Dnope')).toContain(named);
  expect(await found('', 'nope')).toContain(named);
  const asked = 'They are in schema team_a: correct the search path that the source URI';
  expect(await found('options=-csearch_path%3Dpublic')).toContain(asked);
  expect(await found('search_path=nope,public')).toContain(asked);
  expect(await found('')).toBe('They are in schema team_a: add ?options=-csearch_path%3Dteam_a to the source URI');
});

test('a schema that is asked for and closed to the user is told as that, also where another one holds such tables', async () => {
  const role = `closed_${process.pid}`;
  const owner = withDatabase(inject('postgresUri'), DATABASE);
  const second = tables.map((statement) => statement.replace('team_a', 'team_b'));
  await runSql(owner, ['create schema team_b', ...second, `create role ${role} login password '${role}'`].join('; '));
  await runSql(
    owner,
    `grant usage on schema team_b to ${role}; grant select on all tables in schema team_a, team_b to ${role}`,
  );
  try {
    const cure = 'GRANT USAGE ON SCHEMA "team_a" TO the user of the source URI';
    expect(await found('', 'team_a', role)).toBe(cure);
    expect(await found('options=-csearch_path%3Dteam_a', null, role)).toBe(cure);
    expect(await found('', null, role)).toContain('They are in schema team_b');
    await runSql(owner, `grant usage on schema team_a to ${role}`);
    expect(await found('options=-csearch_path%3Dteam_a', null, role)).toBe('team_a');
  } finally {
    await runSql(owner, `drop schema team_b cascade; drop owned by ${role}; drop role ${role}`);
  }
});
