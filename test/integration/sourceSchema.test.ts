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
const found = async (query: string, schema: string | null = null): Promise<string> => {
  const uri = `${withDatabase(inject('postgresUri'), DATABASE)}?${query}`;
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
