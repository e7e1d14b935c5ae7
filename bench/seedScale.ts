import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import pg from 'pg';

const SCHEMA_DUMP = fileURLToPath(new URL('../test/fixtures/mlflow-3.17.2.sql.gz', import.meta.url));
const GENERATOR = fileURLToPath(new URL('seed-scale.sql', import.meta.url));

/** Tables that a database has rows in as soon as MLflow has made it. */
const TABLES_OF_A_FRESH_SCHEMA = ['public.alembic_version', 'public.workspaces'];

/** Fills an empty database with an MLflow 3.17.2 schema and `scale` times 170,817 records (see `bench/seed-scale.sql`). */
export async function seedScale(postgresUri: string, scale: number): Promise<void> {
  await restoreDump(postgresUri, SCHEMA_DUMP, { wantsRows: (table) => TABLES_OF_A_FRESH_SCHEMA.includes(table) });
  const client = new pg.Client({ connectionString: postgresUri });
  await client.connect();
  try {
    await client.query("delete from workspaces where name <> 'default'");
    await client.query("select set_config('bench.scale', $1, false)", [String(scale)]);
    await client.query(await readFile(GENERATOR, 'utf8'));
    // As a database that has been in use for a while: autovacuum would do it in the middle of what is measured.
    await client.query('vacuum (analyze)');
  } finally {
    await client.end();
  }
}
