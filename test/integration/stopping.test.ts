import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseStartRequest, toMigrationRequest } from '../../src/config/schemas/parseStartRequest.ts';
import type { MigrationList } from '../../src/contract/migrationStatus.ts';
import { compare, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

/** What operators are promised for cancel, suspend and the end of the host. */
const SOON_MS = 5_000;

const SYSTEM_KEY = randomBytes(18).toString('hex');

let app: TestApp;

beforeAll(async () => {
  // Time enough for a statement that nobody ends to be seen.
  app = await TestApp.start({ FUNCTIONS_SHUTDOWN_SECONDS: '20', FUNCTIONS_SYSTEM_KEY: SYSTEM_KEY });
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

/** Rows that take a while where they are copied one by one. */
async function addParams(pair: Pair, count: number): Promise<void> {
  await runSql(
    pair.postgresUri,
    `insert into params (run_uuid, key, value) select run_uuid, 'k' || n, 'v' from (select run_uuid from runs limit 1) r, generate_series(1, ${count}) n`,
  );
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
    await addParams(pair, 3_000);
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

type Action = 'suspend' | 'resume' | 'cancel';

/** The operator's word over HTTP: status of the answer, and what it says. */
async function say(id: string, action: Action): Promise<{ code: number; asked?: string; status?: string }> {
  const response = await app.request('POST', `/api/migrations/${id}/${action}`);
  const { asked, status } = (await response.json()) as { asked?: string; status?: string };
  return { code: response.status, ...(asked === undefined ? {} : { asked, status: status ?? '' }) };
}

/** Status of the answer of the API of Durable Functions, as an operator could use it past this app. */
async function manage(path: string): Promise<number> {
  const whole = `/runtime/webhooks/durabletask/instances/${path}`;
  return (await app.request('POST', whole, undefined, { key: SYSTEM_KEY })).status;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A few tables are enough where it is about words. */
const TABLES = ['runs', 'params', 'metrics', 'experiments'];

/** So many milliseconds lie between two words: the real extension takes 100 to 700 to act on one of its own. */
const DISTANCES = [0, 50, 600] as const;

test.each(DISTANCES)('words %i ms apart: the last one holds, whatever the ones before have come to', async (apart) => {
  const pair = await app.pair('3.17.2');
  // It is at work for about two seconds between all these words, and must not have ended by then.
  await addParams(pair, 40_000);
  const id = await app.begin(pair, { migration_settings: { batch_size: 1, parallel: 1 } });
  await app.until(id, ({ phase }) => phase === 'copy');
  const sequence: readonly Action[] = ['suspend', 'resume', 'suspend', 'suspend', 'resume', 'resume', 'suspend'];
  for (const action of sequence) {
    expect(await say(id, action)).toMatchObject({ code: 202, asked: action === 'resume' ? 'run' : 'suspend' });
    await pause(apart);
  }
  await app.until(id, ({ status }) => status === 'suspended');
  expect(await say(id, 'resume')).toMatchObject({ code: 202, asked: 'run' });
  const resumed = await until(async () => (await app.status(id)).status === 'running');
  expect(resumed).toBeLessThan(SOON_MS);
  await say(id, 'suspend');
  await pause(apart);
  expect(await say(id, 'cancel')).toMatchObject({ code: 202, asked: 'cancel', status: 'cancelling' });
  await pause(apart);
  // Nothing replaces it, and a second one says the same.
  for (const action of ['resume', 'suspend'] as const) expect(await say(id, action)).toEqual({ code: 409 });
  const { status, report } = await app.end(id);
  expect({ status: status.status, report: report.status }).toEqual({ status: 'cancelled', report: 'cancelled' });
  expect(report.verdict.details[0]).toMatch(/^Cancelled by the operator at \d{4}-.* UTC\.$/);
  expect(report.problems).toEqual([]);
  expect(await say(id, 'cancel')).toEqual({ code: 409 });
});

test('suspended at once after its start, and left so over the death of its process, a migration goes on when told', async () => {
  const pair = await app.pair('3.17.2');
  const id = await app.begin(pair, { tables: TABLES });
  expect(await say(id, 'suspend')).toMatchObject({ code: 202, asked: 'suspend' });
  await app.until(id, ({ status }) => status === 'suspended');
  await app.kill();
  await app.up();
  expect((await app.status(id)).status).toBe('suspended');
  expect(await say(id, 'resume')).toMatchObject({ code: 202, asked: 'run' });
  const { code, report } = await app.end(id);
  expect({ code, problems: report.problems }).toEqual({ code: 0, problems: [] });
});

test('cancelled at once after its start, a migration has copied nothing', async () => {
  const pair = await app.pair('3.17.2');
  const id = await app.begin(pair, { tables: TABLES });
  expect(await say(id, 'cancel')).toMatchObject({ code: 202, asked: 'cancel', status: 'cancelling' });
  expect((await app.end(id)).report).toMatchObject({ status: 'cancelled', problems: [] });
});

test('words that are sent at once leave the migration in one of them, and it ends right', async () => {
  const pair = await app.pair('3.17.2');
  const id = await app.begin(pair, { tables: TABLES, migration_settings: { batch_size: 2, parallel: 1 } });
  await app.until(id, ({ phase }) => phase === 'copy');
  const answers = await Promise.all((['suspend', 'resume', 'suspend', 'resume'] as const).map((one) => say(id, one)));
  expect(answers.map(({ code }) => code)).toEqual([202, 202, 202, 202]);
  await say(id, 'resume');
  const { code, report } = await app.end(id);
  expect({ code, problems: report.problems }).toEqual({ code: 0, problems: [] });
});

test('suspended and resumed again and again, a migration loses no row', async () => {
  const pair = await app.pair('3.17.2');
  const id = await app.begin(pair, { tables: TABLES, migration_settings: { batch_size: 1, parallel: 2 } });
  await app.until(id, ({ phase }) => phase === 'copy');
  for (let round = 0; round < 4; round++) {
    if ((await say(id, 'suspend')).code !== 202) break;
    await pause(200 + round * 300);
    await say(id, 'resume');
  }
  const { code, report } = await app.end(id);
  expect({ code, problems: report.problems }).toEqual({ code: 0, problems: [] });
  expect((await compare(pair, { tables: TABLES })).differences).toEqual([]);
});

test('a migration that Durable itself holds suspended is resumed by the word', async () => {
  const pair = await app.pair('3.17.2');
  const id = await app.begin(pair, { tables: TABLES, migration_settings: { batch_size: 1, parallel: 2 } });
  await app.until(id, ({ phase }) => phase === 'copy');
  expect(await manage(`${id}/suspend?reason=by-hand`)).toBe(202);
  await app.until(id, ({ status }) => status === 'suspended');
  expect(await say(id, 'resume')).toMatchObject({ code: 202, asked: 'run', status: 'running' });
  const { code, report } = await app.end(id);
  expect({ code, problems: report.problems }).toEqual({ code: 0, problems: [] });
});

test('a migration that is cancelled, and at once suspended through Durable itself, ends as cancelled', async () => {
  const pair = await app.pair('3.17.2');
  const id = await app.begin(pair, { tables: TABLES, migration_settings: { batch_size: 1, parallel: 2 } });
  await app.until(id, ({ phase }) => phase === 'copy');
  // In this order at the host, and both before the run hears of either.
  const [said, suspended] = await Promise.all([say(id, 'cancel'), manage(`${id}/suspend?reason=by-hand`)]);
  expect([said.code, suspended]).toEqual([202, 202]);
  const { report } = await app.end(id);
  expect(report.status).toBe('cancelled');
});

const standingIn = (pair: Pair): Promise<number> => withTarget(pair, (db) => db.collection('params').countDocuments());

describe('a migration that Durable itself ended', () => {
  test('as terminated ends the step that it is at, also in a process that has run no lane of it', async () => {
    const pair = await app.pair('3.17.2');
    await runSql(
      pair.postgresUri,
      "insert into params (run_uuid, key, value) select run_uuid, 'k' || n, 'v' from (select run_uuid from runs limit 1) r, generate_series(1, 1000) n",
    );
    const settings = { parallel: 1, batch_size: 1, validate: 'counts' };
    const id = await app.begin(pair, { tables: ['params'], migration_settings: settings });
    await app.until(id, ({ phase }) => phase === 'copy');
    // It is granted when the rows are copied: the counts, which the migration itself orders, wait for it.
    await using blocker = await blockParams(pair);
    await blocker.untilSomeoneWaits();
    await app.down();
    await app.up();
    await blocker.untilSomeoneWaits();
    expect((await app.status(id)).phase).toBe('validate');
    expect(await manage(`${id}/terminate`)).toBe(202);
    const isStopped = (line: string) =>
      line.includes(id) && line.includes('checkCollections') && line.includes('asked to stop (cancel)');
    await until(async () => app.log.some(isStopped));
  });

  test('as terminated ends its lanes, is reported with what stands in the target, and gives its claim back', async () => {
    const pair = await app.pair('3.17.2');
    await addParams(pair, 20_000);
    const settings = { tables: ['params', 'runs'], migration_settings: { parallel: 1, batch_size: 1 } };
    const id = await app.begin(pair, settings);
    await until(async () => (await standingIn(pair)) > 20);
    expect(await manage(`${id}/terminate?reason=enough%20of%20it`)).toBe(202);
    // Nobody asks for it: the lane notices by itself that its migration is there no more.
    let before = -1;
    await until(async () => {
      const [now, last] = [await standingIn(pair), before];
      before = now;
      await pause(700);
      return now === last;
    });
    expect(before).toBeLessThan(20_000);
    await until(async () => (await app.status(id)).status === 'cancelled');
    const { report } = await app.end(id);
    expect(report.status).toBe('cancelled');
    // Whatever the status tells of the end, each rendering of the report tells as well.
    const { failures, totals } = await app.status(id);
    expect(report.problems).toEqual(failures);
    // Its figures are those of the report, in the list as well.
    const counted = { total: report.totals.total, copied: report.totals.migrated };
    expect(totals).toMatchObject(counted);
    const listed = (await (await app.request('GET', '/api/migrations')).json()) as MigrationList;
    expect(listed.migrations.find((one) => one.id === id)?.totals).toMatchObject(counted);
    for (const format of ['json', 'text', 'html']) {
      const rendered = await app.request('GET', `/api/migrations/${id}/report?format=${format}`);
      expect(await rendered.text(), format).toContain('Durable Functions: enough of it');
    }
    const standing = await standingIn(pair);
    // What is reported was counted after the last write: the lane has stopped by itself.
    expect(report.tables['params']?.migrated).toBe(standing);
    expect(standing).toBeLessThan(report.tables['params']?.total ?? 0);
    const status = await app.status(id);
    expect(status.failures.map(({ message }) => message).join()).toContain('Durable Functions: enough of it');
    expect(status.tables['params']?.copied).toBe(standing);
    expect(
      await withTarget(pair, (db) => db.collection('_migration').countDocuments({ _id: /^writer / } as object)),
    ).toBe(0);
    expect(await standingIn(pair)).toBe(standing);
    const again = await app.migrate(pair, { name: id, tables: ['params', 'runs'] });
    expect(again.code).toBe(0);
  });

  test('as terminated in mid-copy is started again by the next request, nobody having looked at it', async () => {
    const pair = await app.pair('3.17.2');
    const ends = { source: { secret: pair.source }, destination: { secret: pair.target } };
    const settings = { tables: TABLES, migration_settings: { parallel: 1, batch_size: 1 } };
    const id = await app.begin(pair, settings);
    await until(async () => (await standingIn(pair)) > 2);
    expect(await manage(`${id}/terminate`)).toBe(202);
    const body = { name: id, tables: TABLES, ...ends };
    // The extension ends it in its own time; until then the name is taken.
    await until(async () => (await app.request('POST', '/api/migrations', body)).status === 202);
    const { code, report } = await app.end(id);
    expect({ code, problems: report.problems }).toEqual({ code: 0, problems: [] });
    const earlier = await app.request('GET', `/api/migrations/${id}/report?earlier=1`);
    expect(await earlier.json()).toMatchObject({ status: 'cancelled' });
  });

  test('as failed says why, is reported, and is started again under its name', async () => {
    const pair = await app.pair('3.17.2');
    const id = `broken-${randomBytes(5).toString('hex')}`;
    const ends = { source: { secret: pair.source }, destination: { secret: pair.target } };
    const body = { name: id, tables: ['params', 'runs'], ...ends };
    const request = { ...toMigrationRequest(parseStartRequest(body)), name: id };
    // A state that no version of the orchestration has left, as one of another version would be.
    const path = `/runtime/webhooks/durabletask/orchestrators/migrate/${id}`;
    const input = { id, request, state: { phase: 'copy', plan: null, startedAt: new Date().toISOString() } };
    expect((await app.request('POST', path, input, { key: SYSTEM_KEY })).status).toBe(202);
    await until(async () => (await app.status(id)).status === 'failed');
    const { status, report } = await app.end(id);
    expect(status.failures[0]?.message).toBe('Durable Functions ended the migration as failed: Phase copy has no plan');
    expect(report).toMatchObject({ status: 'failed', problems: [{ message: status.failures[0]?.message }] });
    expect((await say(id, 'cancel')).code).toBe(409);
    expect((await app.migrate(pair, { name: id, tables: ['params', 'runs'] })).code).toBe(0);
  });
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
