import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, inject, test } from 'vitest';
import type { MigrationReport } from '../../src/contract/migrationReport.ts';
import type { DocumentDbOptions } from '../faults/proxy/documentDbOptions.ts';
import { type DocumentDbProxy, startDocumentDbProxy } from '../faults/proxy/documentDbProxy.ts';
import { compare, type Pair, TestApp, withTarget } from '../support/runMigration.ts';

// The DocumentDB engine cannot be installed here: a proxy before the real mongod answers as it was seen to (docs/reliability.md).

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An engine in front of the test server, an app that knows it as ENGINE, and a source. */
async function startEngine(
  options: Partial<DocumentDbOptions>,
  fixture: '1.30.1' | '3.17.2' = '3.17.2',
): Promise<{ proxy: DocumentDbProxy; app: TestApp; pair: Pair }> {
  const server = new URL(inject('mongodbUri'));
  const proxy = await startDocumentDbProxy({
    upstream: { host: server.hostname, port: Number(server.port) },
    ...options,
  });
  cleanups.push(() => proxy.stop());
  const database = `documentdb_${proxy.port}_${Date.now()}`;
  server.host = `127.0.0.1:${proxy.port}`;
  server.pathname = `/${database}`;
  server.searchParams.set('authSource', 'admin');
  const app = await TestApp.start({ ENGINE: server.href });
  cleanups.push(() => app[Symbol.asyncDispose]());
  const source = await app.pair(fixture);
  return { proxy, app, pair: { ...source, target: 'ENGINE', database } };
}

const errorsOf = ({ validation, problems }: MigrationReport) => [
  ...problems,
  ...validation.findings.filter(({ severity }) => severity === 'error'),
];
const notesOf = ({ validation }: MigrationReport) =>
  validation.findings.flatMap(({ table, message }) => (table === 'the target' ? [message] : []));

/** `fields (unique)` of a collection's indexes, without that of `_id`. */
async function indexesOf(pair: Pair, collection: string): Promise<string[]> {
  const found = await withTarget(pair, (db) => db.collection(collection).indexes());
  return found
    .filter(({ name }) => name !== '_id_')
    .map(({ key, unique }) => `${Object.keys(key).join(', ')}${unique === true ? ' (unique)' : ''}`)
    .toSorted();
}

const CUT = { replyBytes: 20_000 } as const;

test('the engine by itself is told as what it is, and every row is proven there: replies cut, cursors gone, no order of the heap', async () => {
  const { proxy, app, pair } = await startEngine(CUT);
  const { code, report } = await app.migrate(pair);
  expect(errorsOf(report)).toEqual([]);
  expect(code).toBe(0);
  expect(report.environment).toMatchObject({ flavour: 'documentdb', target: '7.0.0' });
  expect((await compare(pair)).differences).toEqual([]);
  expect(proxy.stats().lostCursors).toBe(0);
  expect(await indexesOf(pair, 'params')).toEqual(['run_uuid, key']);
  expect(await indexesOf(pair, 'experiments')).toContain('workspace, name (unique)');
  const [note] = notesOf(report);
  expect(note).toContain('not unique on DocumentDB');
  expect(note).toContain('params (run_uuid, key)');
  // All collections of this source are small: each has its indexes before its first document.
  expect(proxy.stats().builds.filter(({ isInline }) => !isInline)).toEqual([]);
  expect((await app.migrate(pair, { catchUp: true })).code).toBe(0);
});

test("the documents of MLflow's plugin too, with the unique indexes that it asks for by name", async () => {
  const { app, pair } = await startEngine({ ...CUT, build: 'azure' });
  const { code, report } = await app.migrate(pair, { layout: 'mlflow' });
  expect(errorsOf(report)).toEqual([]);
  expect(code).toBe(0);
  expect(report.environment.flavour).toBe('documentdb');
  expect(await indexesOf(pair, 'spans')).toEqual(['trace_id, span_id (unique)', 'trace_id, start_time_ns']);
  const none = await app.migrate(pair, { layout: 'mlflow', migration_settings: { unique_indexes: 'none' } });
  expect(errorsOf(none.report)).toEqual([]);
  expect(none.code).toBe(0);
  expect(await indexesOf(pair, 'spans')).toEqual(['trace_id, span_id', 'trace_id, start_time_ns']);
  expect(notesOf(none.report).join('\n')).toMatch(/MLflow's plugin builds its own .*spans \(trace_id, span_id\)/);
  // As the plugin does when it opens the database.
  const plugin = { unique: true, name: 'spans_trace_span_unique' };
  await withTarget(pair, (db) => db.collection('spans').createIndex({ trace_id: 1, span_id: 1 }, plugin));
  expect(await indexesOf(pair, 'spans')).toContain('trace_id, span_id (unique)');
  // The plain one of before does not stay beside it.
  expect((await app.migrate(pair, { layout: 'mlflow', migration_settings: { unique_indexes: 'all' } })).code).toBe(0);
  expect(await indexesOf(pair, 'spans')).toEqual(['trace_id, span_id (unique)', 'trace_id, start_time_ns']);
});

test('what is asked of unique indexes is so after the run, whatever an earlier one has made', async () => {
  const { app, pair } = await startEngine({}, '1.30.1');
  const migrate = async (unique_indexes: 'auto' | 'all' | 'none', more = {}) => {
    const { code, report } = await app.migrate(pair, { ...more, migration_settings: { unique_indexes } });
    expect(errorsOf(report)).toEqual([]);
    expect(code).toBe(0);
    return { params: await indexesOf(pair, 'params'), names: await indexesOf(pair, 'experiments'), report };
  };
  const isNameUnique = expect.arrayContaining(['name (unique)']);
  expect(await migrate('none')).toMatchObject({
    params: ['run_uuid, key'],
    names: expect.not.arrayContaining(['name (unique)', 'experiment_id (unique)']),
  });
  expect(await migrate('all')).toMatchObject({ params: ['run_uuid, key (unique)'], names: isNameUnique });
  expect(await migrate('auto')).toMatchObject({ params: ['run_uuid, key'], names: isNameUnique });
  expect(await migrate('auto', { validateOnly: true })).toMatchObject({ params: ['run_uuid, key'] });
  const strict = await app.migrate(pair, { validateOnly: true, migration_settings: { unique_indexes: 'all' } });
  expect(strict.code).toBe(3);
  expect(errorsOf(strict.report).map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^Index run_uuid_1_key_1 is not unique: .*--unique-indexes/),
  );
  const dry = await app.migrate(pair, {}, 'analyses');
  expect(notesOf(dry.report).join('\n')).toMatch(/Building the indexes takes about \d+ seconds? on DocumentDB/);
});

test('builds that outlast their command, and wait for another of their collection, are joined until they are there', async () => {
  const { proxy, app, pair } = await startEngine({ buildMs: 300, commandMs: 100, refusesSecondBuild: true }, '1.30.1');
  expect((await app.migrate(pair)).code).toBe(0);
  await withTarget(pair, async (db) => {
    await db.collection('metrics').dropIndexes();
    await db.collection('runs').dropIndexes();
  });
  const { code, report } = await app.migrate(pair);
  expect(errorsOf(report)).toEqual([]);
  expect(code).toBe(0);
  expect(await indexesOf(pair, 'runs')).toHaveLength(7);
  const { builds, joined, timedOut } = proxy.stats();
  expect(builds.filter(({ isInline }) => !isInline).map(({ collection }) => collection)).toContain('runs');
  expect(timedOut).toBeGreaterThan(0);
  expect(joined).toBeGreaterThan(0);
});

test('its PostgreSQL restarted again and again while it is written to and compared: a pause, and every row once', async () => {
  const { proxy, app, pair } = await startEngine(CUT);
  const ending = new AbortController();
  const restarts = (async () => {
    // As long as a few requests take: what is under way when it goes down loses its answer.
    for (let count = 0; count < 5 && !ending.signal.aborted; count++) {
      await sleep(1_500, undefined, { signal: ending.signal }).catch(() => undefined);
      if (!ending.signal.aborted) proxy.restart(500);
    }
  })();
  const { code, report } = await app.migrate(pair).finally(() => ending.abort());
  await restarts;
  expect(errorsOf(report)).toEqual([]);
  expect(code).toBe(0);
  const { restartRefusals, answersLost } = proxy.stats();
  expect(restartRefusals).toBeGreaterThan(0);
  expect(answersLost + restartRefusals).toBeGreaterThan(1);
  expect((await compare(pair)).differences).toEqual([]);
});

test('a document that the engine does not take costs nothing but its own row', async () => {
  const { proxy, app, pair } = await startEngine({ maxDocumentBytes: 2_000 });
  const { code, report } = await app.migrate(pair);
  const refused = report.validation.findings.filter(({ check, severity }) => check === 'copy' && severity === 'error');
  expect(code).not.toBe(0);
  expect(report.problems).toEqual([]);
  expect(refused.length).toBeGreaterThan(0);
  for (const { message } of refused) expect(message).toMatch(/refused the document/);
  expect(proxy.stats().wholeRefusals).toBeGreaterThan(refused.length);
  const { errors, migrated, total } = report.totals;
  expect(migrated).toBe(total - errors);
  expect(errors).toBe(refused.length);
});
