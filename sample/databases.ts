import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { runPsqlScript } from './psqlScript.ts';
import { restoreDump } from './restoreDump.ts';

/** The newest MLflow release with a dump in the repository; the sample and the bench's schema come from it. */
export const SAMPLE_DUMP = fileURLToPath(new URL('../test/fixtures/mlflow-3.17.2.sql.gz', import.meta.url));

const GENERATOR = fileURLToPath(new URL('../bench/seed-scale.sql', import.meta.url));

/** Tables that a database has rows in as soon as MLflow has made it. */
const TABLES_OF_A_FRESH_SCHEMA = ['public.alembic_version', 'public.workspaces'];

/** The same server, another database. Works for PostgreSQL and MongoDB URIs, also those with several hosts, which URL does not take. */
export function withDatabase(uri: string, name: string): string {
  return uri.replace(/^([^/]+:\/\/[^/?]*)(\/[^?]*)?/, (_, server: string) => `${server}/${encodeURIComponent(name)}`);
}

/** Creates an empty database, from `template0`, and returns its URI. */
export async function createDatabase(adminUri: string, name: string): Promise<string> {
  return cloneDatabase(adminUri, 'template0', name);
}

/** Creates a database as a copy of another, which nobody may be connected to, and returns its URI. */
export async function cloneDatabase(adminUri: string, template: string, name: string): Promise<string> {
  const identifiers = [name, template].map((identifier) => pg.escapeIdentifier(identifier));
  await runAsAdmin(adminUri, `create database ${identifiers[0]} template ${identifiers[1]}`);
  return withDatabase(adminUri, name);
}

/** Gives a database, which nobody may be connected to, another name. */
export async function renameDatabase(adminUri: string, name: string, newName: string): Promise<void> {
  await runAsAdmin(adminUri, `alter database ${pg.escapeIdentifier(name)} rename to ${pg.escapeIdentifier(newName)}`);
}

/** Drops a database, with whoever is connected to it. One that is not there is fine. */
export async function dropDatabase(adminUri: string, name: string): Promise<void> {
  await runAsAdmin(adminUri, `drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
}

/** Fills an empty database with an MLflow 3.17.2 schema and `scale` times 170,817 records (see `bench/seed-scale.sql`). */
export async function seedScale(postgresUri: string, scale: number): Promise<void> {
  await restoreDump(postgresUri, SAMPLE_DUMP, { wantsRows: (table) => TABLES_OF_A_FRESH_SCHEMA.includes(table) });
  const client = new pg.Client({ connectionString: postgresUri });
  await client.connect();
  try {
    await client.query("delete from workspaces where name <> 'default'");
  } finally {
    await client.end();
  }
  await runPsqlScript(postgresUri, GENERATOR, { scale: String(scale) });
}

async function runAsAdmin(adminUri: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUri });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
