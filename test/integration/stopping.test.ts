import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compare, type Pair, runSql, TestApp } from '../support/runMigration.ts';

/** What design §1 and the operator are promised for cancel, suspend and the end of the host. */
const SOON_MS = 5_000;

let app: TestApp;

beforeAll(async () => {
  // Time enough for a statement that nobody ends to be seen.
  app = await TestApp.start({ FUNCTIONS_SHUTDOWN_SECONDS: '20' });
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

interface Blocker extends AsyncDisposable {
  /** Waits until a statement of a migration stands in the way. */
  untilSomeoneWaits(): Promise<void>;
}

/** A session on the source in whose way every statement on `params` is, until it is disposed of. */
async function blockParams(pair: Pair): Promise<Blocker> {
  const [blocker, observer] = [
    new pg.Client({ connectionString: pair.postgresUri }),
    new pg.Client({ connectionString: pair.postgresUri }),
  ];
  await blocker.connect();
  await observer.connect();
  await blocker.query('begin; lock table params in access exclusive mode');
  return {
    async untilSomeoneWaits() {
      await until(async () => (await waiting(observer)) > 0);
    },
    async [Symbol.asyncDispose]() {
      await blocker.end();
      await observer.end();
    },
  };
}

/** Statements of migrations that wait for a lock of this session's database. */
async function waiting(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where datname = current_database() and application_name = 'mlflow-migrate' and wait_event_type = 'Lock'",
  );
  return rows[0]?.n ?? 0;
}

async function until(isSo: () => Promise<boolean>): Promise<number> {
  const begun = performance.now();
  while (!(await isSo())) {
    if (performance.now() - begun > 30_000) throw new Error('It takes too long');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - begun;
}

test.each(['preflight', 'copy'] as const)(
  'cancelled in phase %s, a migration ends soon though the source holds a statement up',
  async (phase) => {
    const pair = await app.pair('3.17.2');
    // Rows that are copied one by one last until the lock is asked for; what comes after them waits for it.
    await runSql(
      pair.postgresUri,
      "insert into params (run_uuid, key, value) select run_uuid, 'k' || n, 'v' from (select run_uuid from runs limit 1) r, generate_series(1, 3000) n",
    );
    await using early = phase === 'copy' ? null : await blockParams(pair);
    const id = await app.begin(pair, {
      tables: ['params', 'runs'],
      migration_settings: { parallel: 1, batch_size: 1 },
    });
    if (phase === 'copy') await app.until(id, (status) => status.phase === 'copy');
    await using late = phase === 'copy' ? await blockParams(pair) : null;
    await (early ?? late)?.untilSomeoneWaits();
    expect((await app.request('POST', `/api/migrations/${id}/cancel`)).status).toBe(202);
    const tookMs = await until(async () => (await app.status(id)).status === 'cancelled');
    expect(tookMs).toBeLessThan(SOON_MS);
  },
);

test('suspended, a migration leaves no statement at the source, and goes on when it is resumed', async () => {
  const pair = await app.pair('3.17.2');
  const blocker = await blockParams(pair);
  const id = await app.begin(pair, { tables: ['params', 'runs'] });
  await blocker.untilSomeoneWaits();
  await app.request('POST', `/api/migrations/${id}/suspend`);
  const client = new pg.Client({ connectionString: pair.postgresUri });
  await client.connect();
  expect(await until(async () => (await waiting(client)) === 0)).toBeLessThan(SOON_MS);
  await client.end();
  await blocker[Symbol.asyncDispose]();
  await app.request('POST', `/api/migrations/${id}/resume`);
  const { code, report } = await app.end(id);
  expect({ code, problems: report.problems }).toEqual({ code: 0, problems: [] });
  expect((await compare(pair, { tables: ['params', 'runs'] })).differences).toEqual([]);
});

test('resumed at once after it was suspended, again and again, a migration loses no table', async () => {
  const pair = await app.pair('3.17.2');
  const id = await app.begin(pair, { migration_settings: { batch_size: 2, parallel: 2 } });
  await app.until(id, ({ phase }) => phase === 'copy');
  for (let round = 0; round < 6; round++) {
    const { status } = await app.status(id);
    if (status !== 'running') break;
    await app.request('POST', `/api/migrations/${id}/suspend`);
    await new Promise((resolve) => setTimeout(resolve, 900 + round * 40));
    await app.request('POST', `/api/migrations/${id}/resume`);
  }
  const { code, report } = await app.end(id);
  expect({ code, problems: report.problems }).toEqual({ code: 0, problems: [] });
});

test('asked to end, the host ends soon though the source holds a statement up, and a restart goes on', async () => {
  const pair = await app.pair('3.17.2');
  const blocker = await blockParams(pair);
  const id = await app.begin(pair, { tables: ['params', 'runs'] });
  await blocker.untilSomeoneWaits();
  const begun = performance.now();
  await app.down();
  expect(performance.now() - begun).toBeLessThan(SOON_MS);
  await blocker[Symbol.asyncDispose]();
  await app.up();
  const { code, report } = await app.end(id);
  expect({ code, problems: report.problems }).toEqual({ code: 0, problems: [] });
});
