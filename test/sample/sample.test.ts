import { mkdtemp, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryLockFile } from '@mlflow-migrate/functions-host/lockFile';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { seedScale } from '../../bench/seedScale.ts';
import { startSample } from '../../sample/startSample.ts';
import { type FreshSource, freshSource } from '../support/databases.ts';
import { FIXTURE_VERSIONS, fixtureCounts } from '../support/fixtures.ts';

let directory: string;
let source: FreshSource;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-sample-'));
});

afterEach(async () => {
  await source?.drop();
  await rm(directory, { recursive: true, force: true });
});

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: source.uri });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Rows by table, for every table of the schema public. */
async function countRows(): Promise<Record<string, number>> {
  const tables = await query("select tablename from pg_tables where schemaname = 'public' order by 1");
  const counts = tables.map(
    ({ tablename }) => `select '${String(tablename)}' as name, count(*)::int as n from "${String(tablename)}"`,
  );
  const rows = await query(counts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, n }) => [String(name), Number(n)]));
}

describe("the fixtures' dumps", () => {
  it.each(FIXTURE_VERSIONS)('restores every row of MLflow %s', async (version) => {
    source = await freshSource(version);
    const { tables, alembic } = await fixtureCounts(version);
    expect(await countRows()).toEqual(tables);
    expect(await query('select version_num from alembic_version')).toEqual([{ version_num: alembic }]);
  });

  it('restores indexes, foreign keys and functions with semicolons in their bodies', async () => {
    source = await freshSource('3.17.2');
    expect(
      await query(
        "select count(*)::int as n from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace",
      ),
    ).toEqual([{ n: 57 }]);
    await expect(query("update secrets set secret_name = 'x'")).rejects.toThrow(/immutable/);
  });
});

describe('seedScale', () => {
  it('makes the records of the original guide', async () => {
    source = await freshSource('empty');
    await seedScale(source.uri, 1);
    const rows = Object.entries(await countRows()).filter(([, n]) => n > 0);
    expect(Object.fromEntries(rows)).toEqual({
      alembic_version: 1,
      experiments: 284,
      latest_metrics: 18_921,
      metrics: 57_350,
      model_versions: 1_164,
      params: 71_003,
      registered_models: 212,
      runs: 6_013,
      tags: 34_791,
      workspaces: 1,
    });
  });
});

test('a second sample leaves the servers of the first alone', async () => {
  const sample = join(directory, 'sample');
  const kept = join(directory, 'kept');
  await writeFile(kept, '');
  const lock = tryLockFile(`${sample}.lock`);
  await symlink(kept, sample);
  await expect(startSample(sample, () => undefined)).rejects.toMatchObject({
    kind: 'conflict',
    message: `Another process works with the sample in ${sample}`,
  });
  await writeFile(`${sample}.pid`, '4711 http://127.0.0.1:7071/');
  await expect(startSample(sample, () => undefined)).rejects.toMatchObject({
    message: `Process 4711 works with the sample in ${sample}`,
    hint: expect.stringMatching(/^It is at http:\/\/127\.0\.0\.1:7071\/\. End it first/),
  });
  lock?.release();
  expect(await readlink(sample)).toBe(kept);
});
