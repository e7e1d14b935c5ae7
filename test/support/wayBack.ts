import pg from 'pg';
import type { BackReport } from '../../src/contract/backReport.ts';
import type { FixtureVersion } from './fixtures.ts';
import { type Pair, runSql, type TestApp } from './runMigration.ts';

/** Rows of a query to a pair's source. */
export async function query<R extends pg.QueryResultRow>(
  { postgresUri }: Pick<Pair, 'postgresUri'>,
  sql: string,
): Promise<pg.QueryResult<R>> {
  const client = new pg.Client({ connectionString: postgresUri });
  await client.connect();
  try {
    return await client.query<R>(sql);
  } finally {
    await client.end();
  }
}

/** Brings a pair's target back, and gives the report of whatever end that comes to. */
export async function bringBack(app: TestApp, pair: Pair, body: object = {}): Promise<BackReport> {
  const id = await app.begin(pair, { direction: 'back', ...body });
  await app.finalStatus(id);
  const response = await app.request('GET', `/api/migrations/${id}/report`);
  return (await response.json()) as BackReport;
}

/** A database of the same schema without a row, in the place of a pair's source. */
export async function emptied(app: TestApp, of: Pair, version: FixtureVersion): Promise<Pair> {
  const other = await app.pair(version);
  const { rows } = await query<{ names: string }>(
    other,
    `select string_agg(quote_ident(tablename), ', ') as names from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'`,
  );
  await runSql(other.postgresUri, `truncate ${rows[0]?.names} restart identity cascade`);
  return { ...of, source: other.source, postgresUri: other.postgresUri };
}
