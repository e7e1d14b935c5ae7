import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyRows } from '../../src/source/copyRows.ts';
import { SourceDatabase } from '../../src/source/sourceDatabase.ts';
import { type FreshSource, freshSource } from '../support/databases.ts';

// What a stream of rows leaves behind, however it ends.

const MANY = "select i, repeat('x', 1000) from generate_series(1, 100000) i";
/** Its sixth row never comes; the others are large enough to be sent one by one. */
const ENDLESS =
  "select i, case when i > 5 then pg_sleep(600)::text else repeat('x', 20000) end from generate_series(1, 10) i";

let fresh: FreshSource;
let watcher: pg.Client;
let source: SourceDatabase;

beforeAll(async () => {
  fresh = await freshSource('empty');
  watcher = new pg.Client(fresh.uri);
  await watcher.connect();
  const config = { connectionString: fresh.uri, application_name: 'streaming' };
  // One connection, so that whoever does not give it back keeps all others waiting.
  source = SourceDatabase.open({ config, display: 's', schema: null }, 1);
});
afterAll(async () => {
  await Promise.all([watcher.end(), source.close()]);
  await fresh.drop();
});

/** Each row of a statement, as soon as it is there. */
const rowsOf = (select: string, from = source) =>
  from.stream((client) => copyRows(client, select, 2, (row) => Number(row.integer(0))));

/** What the server does for the source now, as often as it is asked for until it is nothing. */
async function untilIdle(): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await watcher.query(
        "select query from pg_stat_activity where application_name = 'streaming' and state <> 'idle'",
      );
      return rows;
    })
    .toEqual([]);
}

const answer = () => source.read(async (client) => (await client.query('select 42 as answer')).rows);

test('a stream that is read to its end gives its connection back', async () => {
  const backend = () => source.read(async (client) => (await client.query('select pg_backend_pid() as pid')).rows);
  const before = await backend();
  let rows = 0;
  for await (const row of rowsOf(MANY)) expect(row).toBe(++rows);
  expect(rows).toBe(100_000);
  expect(await backend()).toEqual(before);
});

test('a reader that stops or fails ends the statement, and the next one gets a connection', async () => {
  for await (const row of rowsOf(MANY)) if (row === 10) break;
  expect(await answer()).toEqual([{ answer: 42 }]);
  const failing = async () => {
    for await (const row of rowsOf(MANY)) if (row === 10) throw new Error('disk full');
  };
  await expect(failing()).rejects.toThrow('disk full');
  expect(await answer()).toEqual([{ answer: 42 }]);
  await untilIdle();
});

test('a stream is ended by the signal, at the server too, while rows are waited for and while the reader is busy', async () => {
  for (const select of [ENDLESS, MANY]) {
    const stop = new AbortController();
    let rows = 0;
    const reading = async () => {
      for await (const _row of rowsOf(select, source.until(stop.signal))) {
        rows++;
        // For the endless one that is while its next row is waited for.
        if (rows === 5) setImmediate(() => stop.abort(new Error('cancelled')));
        if (rows === 5 && select === MANY) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await expect(reading()).rejects.toThrow('cancelled');
    expect(rows).toBeGreaterThanOrEqual(5);
    expect(await answer()).toEqual([{ answer: 42 }]);
    await untilIdle();
  }
});

test('a stream that is not begun does nothing, and one under a signal that has aborted throws its reason', async () => {
  rowsOf(MANY);
  await untilIdle();
  const stop = AbortSignal.abort(new Error('cancelled'));
  await expect(rowsOf(MANY, source.until(stop)).next()).rejects.toThrow('cancelled');
  expect(await answer()).toEqual([{ answer: 42 }]);
});

test('the server’s error is told as the source’s', async () => {
  const failing = async () => {
    for await (const row of rowsOf('select i, (1 / (3 - i))::text from generate_series(1, 5) i'))
      expect(row).toBeLessThan(3);
  };
  const message = expect.stringContaining('22012') as string;
  await expect(failing()).rejects.toMatchObject({ kind: 'source-refused', message });
  expect(await answer()).toEqual([{ answer: 42 }]);
});
