import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAzurite, startAzurite } from '../../packages/dev-servers/src/azurite/azurite.ts';
import type { MigrationStatus } from '../../src/contract/migrationStatus.ts';
import { completeStarts } from '../../src/runtime/startIndex.ts';
import { AzureBlobStore } from '../../src/storage/azureBlobStore.ts';
import { TestApp } from '../support/runMigration.ts';
import { type StorageRelay, startStorageRelay } from '../support/storageRelay.ts';

/** Two pages and a part of one. More would prove no more: `startIndex.test.ts` has the full index. */
const RUNS = 120;
const LANES = 25;
const BEGIN = Date.parse('2026-01-01T00:00:00.000Z');
const MINUTE = 60_000;

interface Page {
  readonly migrations: readonly MigrationStatus[];
  readonly next: string | null;
}

/** An account of its own: the index of another one belongs to the suites that use it. */
let azurite: RunningAzurite;
let relay: StorageRelay;
let app: TestApp;
let directory: string;
/** Requests to storage since it was emptied. */
const asked: string[] = [];

const idOf = (n: number): string => `run-${String(n).padStart(3, '0')}`;

/** Histories as finished runs leave them, written straight to where the host keeps them. Lanes hold what nobody can read. */
function writeHistories(file: string): void {
  const db = new DatabaseSync(file);
  const put = db.prepare(
    `insert into instance (id, executionId, name, version, status, input, output, customStatus, created, updated, parentId)
     values (?, 'e', ?, '2', 'Completed', ?, ?, ?, ?, ?, ?)`,
  );
  const tables = Object.fromEntries(
    Array.from({ length: 65 }, (_, n) => [
      `table_${n}`,
      { total: 9, migrated: 9, unchanged: 0, errors: 0, repaired: 0 },
    ]),
  );
  db.exec('begin');
  for (let n = 0; n < RUNS; n++) {
    const at = BEGIN + n * MINUTE;
    const [startedAt, finishedAt] = [new Date(at).toISOString(), new Date(at + 30_000).toISOString()];
    const input = {
      version: 2,
      id: idOf(n),
      request: { name: idOf(n), layout: 'tables', validate: 'full' },
      state: null,
    };
    const output = {
      status: 'completed',
      startedAt,
      finishedAt,
      source: 'a/b',
      target: 'c/d',
      tables,
      throttled: 0,
      requestUnits: null,
      problems: [],
      endedIn: 'catch-up',
    };
    const custom = { phase: 'report', startedAt };
    const texts = [input, output, custom].map((one) => JSON.stringify(one));
    put.run(idOf(n), 'migrate', texts[0]!, texts[1]!, texts[2]!, at, at + 30_000, null);
    for (let lane = 0; lane < LANES; lane++)
      put.run(`${idOf(n)}:${lane}`, 'runLane', 'no JSON', 'no JSON', 'no JSON', at, at, idOf(n));
  }
  db.exec('commit');
  db.close();
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlflow-listing-'));
  azurite = await startAzurite({ directory });
  relay = await startStorageRelay(
    azurite.connectionString,
    async (method, path) => void asked.push(`${method} ${path}`),
  );
  app = await TestApp.start({ AzureWebJobsStorage: relay.connectionString });
  await app.down();
  writeHistories(join(app.directory, 'host.sqlite'));
  const blobs = new AzureBlobStore({ connectionString: azurite.connectionString });
  const starts = Array.from({ length: RUNS }, (_, n) => ({ id: idOf(n), at: BEGIN + n * MINUTE }));
  const parts = Array.from({ length: 20 }, (_, part) => starts.filter((_start, n) => n % 20 === part));
  await Promise.all(parts.map((part) => completeStarts(blobs, part)));
  await app.up();
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
  await relay?.[Symbol.asyncDispose]();
  await azurite?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function pageAt(path: string): Promise<Page> {
  const response = await app.request('GET', path);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
}

test('of finished migrations each page costs a look at the index, whatever their lanes left', async () => {
  // The container is opened with the first request of a process.
  await pageAt('/api/migrations');
  asked.length = 0;
  const { migrations } = await pageAt('/api/migrations');
  expect(migrations.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, n) => idOf(RUNS - 1 - n)));
  expect(migrations.every(({ status, totals }) => status === 'completed' && totals.copied === 65 * 9)).toBe(true);
  // One for its mark, one for its names.
  expect(asked).toHaveLength(2);
  expect(asked.every((one) => one.startsWith('GET ') && one.includes('starts.index'))).toBe(true);
});

test('page after page shows each of them once, the latest first, also where one is started meanwhile', async () => {
  const seen: string[] = [];
  let pages = 0;
  for (let path: string | null = '/api/migrations'; path !== null; pages++) {
    const page: Page = await pageAt(path);
    seen.push(...page.migrations.map(({ id }) => id));
    path = page.next;
    if (pages === 1) await app.begin({ source: 'TARGET_0', target: 'TARGET_0' });
  }
  expect(pages).toBe(Math.ceil(RUNS / 50));
  // The one that was begun stands before what had been shown by then.
  expect(seen).toEqual(Array.from({ length: RUNS }, (_, n) => idOf(RUNS - 1 - n)));
});

test('what is no place in the list is refused', async () => {
  const response = await app.request('GET', '/api/migrations?after=run-001');
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { kind: 'usage', message: expect.stringContaining('next') } });
});

test('a list can be asked for a part of an id, a kind or a status, page after page', async () => {
  const found = await pageAt('/api/migrations?search=RUN-01');
  expect(found.migrations.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, n) => idOf(19 - n)));
  expect(found.next).toBeNull();
  expect((await pageAt('/api/migrations?kind=analysis,comparison')).migrations).toEqual([]);
  const ended = await pageAt('/api/migrations?status=completed&kind=migration');
  expect(ended.migrations).toHaveLength(50);
  expect(ended.next).toMatch(/[?&]after=\d{13}\.run-\d{3}&kind=migration&status=completed$/);
  const next = await pageAt(ended.next ?? '');
  expect(next.migrations[0]?.id).not.toBe(ended.migrations[0]?.id);
});

test('those under way are found by what Durable knows, however many have ended', async () => {
  asked.length = 0;
  const { migrations } = await pageAt('/api/migrations?status=pending,running');
  expect(migrations.every(({ status }) => ['pending', 'running'].includes(status))).toBe(true);
  expect(asked.length).toBeLessThan(20);
});

test('a status that there is none of is refused', async () => {
  const response = await app.request('GET', '/api/migrations?status=runing');
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('status takes') } });
});
