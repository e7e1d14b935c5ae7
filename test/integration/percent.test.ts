import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { compare, runSql, TestApp, withTarget } from '../support/runMigration.ts';
import { buildVariant, type Edit } from '../support/variantApp.ts';

const before = process.env['MLFLOW_MIGRATE_APP'];
afterEach(() => {
  if (before === undefined) delete process.env['MLFLOW_MIGRATE_APP'];
  else process.env['MLFLOW_MIGRATE_APP'] = before;
});

/** A runtime that loses the first lane of the copy and of the comparison. */
const LOSES_LANES: readonly Edit[] = [
  {
    file: 'src/orchestrators/runLane.ts',
    from: 'const stallMs =',
    to: `if (input.items.some(({ unit, lost }) => unit === 0 && lost === undefined)) {
      throw new Error('Non-Deterministic workflow detected');
    }
    const stallMs =`,
  },
];
const TABLES = ['params', 'runs'];

interface Seen {
  readonly percent: number;
  readonly phase: string;
  readonly status: string;
}

/** Asks for the status all the time, also while nobody is there to answer. */
async function watch(app: TestApp, id: string, signal: AbortSignal): Promise<Seen[]> {
  const seen: Seen[] = [];
  while (!signal.aborted) {
    const status = await app.status(id).catch(() => null);
    if (status?.percent !== undefined) seen.push(status);
    await delay(60);
  }
  return seen;
}

test('over lost lanes, a kill, a suspension, a changed table and catching up the percentage never falls, and ends at 100', async () => {
  await using variant = await buildVariant(LOSES_LANES);
  process.env['MLFLOW_MIGRATE_APP'] = variant.directory;
  await using app = await TestApp.start();
  const pair = await app.pair('3.17.2');
  await runSql(
    pair.postgresUri,
    "insert into params (run_uuid, key, value) select run_uuid, 'k' || n, 'v' from (select run_uuid from runs limit 1) r, generate_series(1, 80) n",
  );
  const id = await app.begin(pair, { tables: TABLES, migration_settings: { batch_size: 1, parallel: 2 } });
  const end = new AbortController();
  const watching = watch(app, id, end.signal);
  // Rows of a range count when it is done: that it is under way shows in the target.
  await expect
    .poll(() => withTarget(pair, (db) => db.collection('params').countDocuments()), { timeout: 60_000, interval: 20 })
    .toBeGreaterThan(5);
  await app.kill();
  await app.up();
  await app.request('POST', `/api/migrations/${id}/suspend`);
  await app.until(id, ({ status }) => status === 'suspended');
  // Read again from the beginning, as it is another table than was planned for; and rows that no copy brought.
  await runSql(
    pair.postgresUri,
    "alter table runs add column later text; insert into params (run_uuid, key, value) select run_uuid, 'later' || n, 'v' from (select run_uuid from runs limit 1) r, generate_series(1, 10) n",
  );
  await app.request('POST', `/api/migrations/${id}/resume`);
  const { code, report, status } = await app.end(id);
  end.abort();
  const seen = await watching;
  expect({ code, problems: report.problems, percent: status.percent }).toEqual({ code: 0, problems: [], percent: 100 });
  const falls = seen.filter(({ percent }, index) => percent < (seen[index - 1]?.percent ?? 0));
  expect(falls).toEqual([]);
  // Something between nothing and all was seen.
  expect(new Set(seen.map(({ percent }) => percent)).size).toBeGreaterThan(2);
  expect(new Set(seen.map(({ phase }) => phase)).size).toBeGreaterThan(3);
  expect((await compare(pair, { tables: TABLES })).differences).toEqual([]);
});
