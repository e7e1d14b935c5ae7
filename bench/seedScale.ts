import { fileURLToPath } from 'node:url';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import pg from 'pg';
import { runPsqlScript } from '../sample/psqlScript.ts';
import { SAMPLE_DUMP } from '../sample/sampleDump.ts';

const GENERATOR = fileURLToPath(new URL('seed-scale.sql', import.meta.url));

/** Tables that a database has rows in as soon as MLflow has made it. */
const TABLES_OF_A_FRESH_SCHEMA = ['public.alembic_version', 'public.workspaces'];

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
