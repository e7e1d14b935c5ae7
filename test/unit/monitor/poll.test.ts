// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MigrationStatus } from '../../../src/contract/migrationStatus.ts';
import { ApiError } from '../../../src/monitor/api.ts';
import type { Listing } from '../../../src/monitor/listState.ts';
import { type Polling, poll } from '../../../src/monitor/poll.ts';
import { sampleStatus } from '../../monitor/sampleStatus.ts';

/** What a loop did, in its order: its questions, what it told, and its waits in ms. */
let log: string[];
let answer: () => MigrationStatus;
let selected: string | null;
let stop: AbortController;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-24T00:00:00.000Z') });
  log = [];
  answer = () => sampleStatus();
  selected = 'migration-nightly';
  stop = new AbortController();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Polls for a number of rounds. */
async function rounds(count: number, changes: Partial<Polling> = {}): Promise<readonly string[]> {
  let left = count;
  const polling: Polling = {
    list: async () => {
      log.push('list');
      const migrations = [answer()];
      return { underWay: migrations, page: { migrations, next: null }, dryRuns: null };
    },
    status: async (id) => {
      log.push(`status ${id}`);
      return answer();
    },
    showSeries: async () => void log.push('series'),
    selected: () => selected,
    showList: () => undefined,
    showStatus: () => undefined,
    showMissing: () => undefined,
    onSuccess: () => undefined,
    onFailure: () => undefined,
    pause: async (ms) => {
      log.push(String(ms));
      vi.setSystemTime(Date.now() + ms);
      left -= 1;
      if (left === 0) stop.abort();
    },
    ...changes,
  };
  await poll(polling, stop.signal);
  return log;
}

const STATUS = 'status migration-nightly';

test('the migration is asked for every second, its series every three, the list every five', async () => {
  expect(await rounds(6)).toEqual([
    ...['list', STATUS, 'series', '1000'],
    ...[STATUS, '1000', STATUS, '1000', STATUS, 'series', '1000', STATUS, '1000'],
    ...['list', STATUS, '1000'],
  ]);
});

test('the first list may lead to a choice', async () => {
  selected = null;
  const showList = ({ page }: Listing): void => {
    selected = page.migrations[0]?.id ?? null;
  };
  expect(await rounds(1, { showList })).toEqual(['list', STATUS, 'series', '1000']);
});

test('without a choice only the list is asked for', async () => {
  selected = null;
  expect(await rounds(2)).toEqual(['list', '1000', '1000']);
});

test('one that has ended is asked for once, until the list says that it was started again', async () => {
  answer = () => sampleStatus({ status: 'completed' });
  const nobody: Listing = { underWay: [], page: { migrations: [], next: null }, dryRuns: null };
  const list = async (): Promise<Listing> => nobody;
  expect(await rounds(2, { list })).toEqual([STATUS, 'series', '1000', '1000']);
  stop = new AbortController();
  log = [];
  expect(await rounds(6)).toEqual([
    ...['list', STATUS, 'series', '1000', '1000', '1000', '1000', '1000'],
    ...['list', STATUS, 'series', '1000'],
  ]);
});

test('one that there is not is said to be missing, and not asked for again', async () => {
  const missing: string[] = [];
  const status = async (id: string): Promise<MigrationStatus> => {
    log.push(`status ${id}`);
    throw new ApiError(404, { message: 'There is no migration' });
  };
  const list = async (): Promise<Listing> => ({ underWay: [], page: { migrations: [], next: null }, dryRuns: null });
  const showMissing = (id: string): void => void missing.push(id);
  expect(await rounds(2, { list, status, showMissing })).toEqual([STATUS, '1000', '1000']);
  expect(missing).toEqual(['migration-nightly']);
});

test('after failures the waits grow to ten seconds, the list is asked for first, and a success ends that', async () => {
  let failures = 6;
  answer = () => {
    if (failures === 0) return sampleStatus();
    failures -= 1;
    throw new TypeError('Failed to fetch');
  };
  const told: string[] = [];
  const onFailure = (): void => void told.push('failure');
  await rounds(8, { onFailure, onSuccess: () => void told.push('success') });
  const waits = log.filter((line) => /^\d/.test(line));
  expect(waits).toEqual(['1000', '2000', '4000', '8000', '10000', '10000', '1000', '1000']);
  expect(log.filter((line) => line === 'list')).toHaveLength(7);
  expect(told).toEqual([...Array<string>(6).fill('failure'), 'success', 'success']);
});

test('after a status that does not come the list is asked for again, which may have come a moment ago', async () => {
  answer = () => {
    if (log.at(-1) === STATUS) throw new TypeError('Failed to fetch');
    return sampleStatus();
  };
  expect(await rounds(2)).toEqual(['list', STATUS, '1000', 'list', STATUS, '2000']);
});

test('a tab that nobody sees asks every ten seconds', async () => {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  expect(await rounds(1)).toEqual(['list', STATUS, 'series', '10000']);
});

test.each(['list', 'status'] as const)('a %s that arrives after the end is not shown', async (question) => {
  const shown: string[] = [];
  answer = () => {
    if (log.at(-1)?.startsWith(question)) stop.abort();
    return sampleStatus();
  };
  await rounds(1, { showList: () => void shown.push('list'), showStatus: () => void shown.push('status') });
  expect(shown).toEqual(question === 'list' ? [] : ['list']);
  expect(log.at(-1)).not.toMatch(/^\d/);
});

test('a failure that ends the session leads to no wait', async () => {
  answer = () => {
    throw new TypeError('Failed to fetch');
  };
  expect(await rounds(1, { onFailure: () => stop.abort() })).toEqual(['list']);
});
