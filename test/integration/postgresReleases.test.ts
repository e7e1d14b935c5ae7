import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createDatabase } from '@mlflow-migrate/dev-servers/databases';
import { removePostgresDirectory, startPostgres } from '@mlflow-migrate/dev-servers/postgres';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import { expect, inject, test } from 'vitest';
import { fetchPostgres } from '../support/postgresRelease.ts';
import { compare, TestApp } from '../support/runMigration.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');

/** Beside the release that the stack brings: the oldest that is supported, and the oldest that MLflow 3 runs on. */
const CASES = [
  { postgres: '11.22.1-beta.11', mlflow: '2.22.5' },
  { postgres: '12.22.0-beta.15', mlflow: '3.17.2' },
];

test.for(CASES)(
  'MLflow $mlflow on PostgreSQL $postgres arrives in both layouts',
  async ({ postgres, mlflow }, { skip }) => {
    const found = await fetchPostgres(postgres);
    if ('missing' in found) return skip(found.missing);
    const directory = await mkdtemp(join(tmpdir(), 'mlflow-postgres-'));
    // PostgreSQL runs as another user where the tests run as root.
    await chmod(directory, 0o755);
    const password = inject('canary');
    const server = await startPostgres({ directory, password, isThrowAway: true, ...found });
    try {
      const postgresUri = await createDatabase(server.uri, 'mlflow');
      const dump = join(directory, 'dump.sql');
      await writeFile(dump, await readDump(mlflow));
      await restoreDump(postgresUri, dump);
      const counts = JSON.parse(await readFile(join(FIXTURES, `mlflow-${mlflow}.counts.json`), 'utf8')) as {
        tables: Record<string, number>;
      };
      await using app = await TestApp.start({ OLD_POSTGRES: postgresUri });
      for (const layout of ['tables', 'mlflow']) {
        const pair = { ...(await app.pair('empty')), source: 'OLD_POSTGRES', postgresUri };
        const { code, report } = await app.migrate(pair, { layout });
        expect(report.problems).toEqual([]);
        expect(code).toBe(0);
        expect(report.environment.postgres).toMatch(new RegExp(`^${postgres.slice(0, 2)}\\.`));
        expect(
          Object.fromEntries(Object.entries(report.tables).map(([table, { migrated }]) => [table, migrated])),
        ).toEqual(counts.tables);
        if (layout === 'tables') expect((await compare(pair)).differences).toEqual([]);
      }
    } finally {
      await server.stop();
      await removePostgresDirectory(directory);
    }
  },
);

/** A fixture's dump without the one setting that PostgreSQL 11 does not know, and that changes nothing. */
async function readDump(version: string): Promise<string> {
  const dump = gunzipSync(await readFile(join(FIXTURES, `mlflow-${version}.sql.gz`))).toString('utf8');
  return dump.replace(/^SET default_table_access_method = heap;$/m, '');
}
