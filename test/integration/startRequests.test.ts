import { randomBytes } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { seedScale } from '../../bench/seedScale.ts';
import { chunked, type RawRequest } from '../../packages/functions-host/test/support/rawRequest.ts';
import type { MigrationReport } from '../../src/contract/migrationReport.ts';
import type { MigrationStatus } from '../../src/contract/migrationStatus.ts';
import { blobPaths } from '../../src/runtime/blobPaths.ts';
import { earlierRuns, keepEarlierReport, MAX_EARLIER_REPORTS } from '../../src/runtime/earlierReports.ts';
import { AzureBlobStore } from '../../src/storage/azureBlobStore.ts';
import { type Pair, TestApp } from '../support/runMigration.ts';

let app: TestApp;
let big: Pair;
let blobs: AzureBlobStore;

beforeAll(async () => {
  app = await TestApp.start();
  blobs = new AzureBlobStore({ connectionString: inject('storageConnectionString') });
  big = await app.pair('empty');
  await seedScale(big.postgresUri, 1);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** Small batches, one after the other: time to say something while rows are copied. */
const SLOWLY = { migration_settings: { batch_size: 300, parallel: 1 } };
const ROUTES = ['/api/migrations', '/api/analyses'] as const;
const CHUNKED = { 'transfer-encoding': 'chunked' };
const JSON_BODY = '{"name":"from-a-socket","migration_settings":{"dry_run":true}}';

const uniqueName = (): string => `start-${randomBytes(5).toString('hex')}`;

async function listed(): Promise<string[]> {
  const { migrations } = (await (await app.request('GET', '/api/migrations')).json()) as {
    migrations: MigrationStatus[];
  };
  return migrations.map(({ id }) => id);
}

interface Refusal {
  readonly error: { readonly kind: string; readonly message: string; readonly hint: string };
  readonly id?: string;
  readonly statusUrl?: string;
}

describe.each(ROUTES)('POST %s starts nothing', (route) => {
  const line = `POST ${route}`;
  const refused: readonly (readonly [string, Omit<RawRequest, 'line'>, number, RegExp])[] = [
    ['for no body', { headers: {}, pieces: [] }, 400, /body is empty/],
    ['for a body of length zero', { headers: { 'content-length': '0' }, pieces: [] }, 400, /body is empty/],
    ['for blanks', { headers: { 'content-length': '3' }, pieces: [' \r\n'] }, 400, /ends too early/],
    ['for a chunked body without content', { headers: CHUNKED, pieces: ['0\r\n\r\n'] }, 411, /did not arrive/],
    ['for a body over 64 KiB', { headers: { 'content-length': '65537' }, pieces: [' '.repeat(65_537)] }, 413, /larger/],
    ['for chunks over 64 KiB', { headers: CHUNKED, pieces: chunked(' '.repeat(1_000_000), 9000) }, 413, /larger/],
    [
      'for chunks without an end',
      { headers: CHUNKED, pieces: chunked(' '.repeat(70_000), 9000, false) },
      413,
      /larger/,
    ],
    [
      'for bytes that are no text',
      { headers: { 'content-length': '2' }, pieces: [Buffer.from([0xff, 0xfe])] },
      400,
      /UTF-8/,
    ],
    ['for chunks that say nothing', { headers: CHUNKED, pieces: chunked('{}', 1) }, 400, /does not say/],
  ];
  test.each(refused)('%s', async (_, request, status, message) => {
    const before = await listed();
    const answer = await app.raw({ line, ...request });
    expect(answer.status).toBe(status);
    // A chunked answer stands between its lengths.
    const { error } = JSON.parse(
      answer.body.slice(answer.body.indexOf('{'), answer.body.lastIndexOf('}') + 1),
    ) as Refusal;
    expect(Object.keys(error).toSorted()).toEqual(['hint', 'kind', 'message']);
    expect(error.message).toMatch(message);
    if (status !== 413 && !/UTF-8|ends too early/.test(error.message))
      expect(error.hint).toContain('{"defaults": true}');
    expect(await listed()).toEqual(before);
  });

  test.each([
    ['a part of it has come', { 'content-length': '1000' }, [JSON_BODY]],
    ['none of it has come', { 'content-length': '1000' }, []],
    ['its last chunk has not come', CHUNKED, chunked(JSON_BODY, 20, false)],
    ['no chunk has come', CHUNKED, []],
  ])('for a body whose connection is cut when %s', async (_, headers, pieces) => {
    const before = await listed();
    await app.raw({ line, headers, pieces, isCut: true });
    // Starts come one after the other: one of the request before would stand in the list when this one has ended.
    const { id } = await app.migrate({ source: 'TARGET_0', target: 'TARGET_0' });
    expect((await listed()).toSorted()).toEqual([...before, id].toSorted());
  });

  test.each(['{}', '{"source":{},"destination":{},"migration_settings":{"shard_keys":{}}}'])(
    'for %s',
    async (content) => {
      const response = await app.request('POST', route, content);
      expect(response.status).toBe(400);
      expect(((await response.json()) as Refusal).error.message).toBe('The request does not say what to do');
    },
  );

  test.each(['[]', '[{"name":"x"}]', '7', '"name"', 'null', 'true'])('for %s, which is no object', async (content) => {
    const response = await app.request('POST', route, content);
    expect(response.status).toBe(400);
    expect(((await response.json()) as Refusal).error.message).toContain('The document must be an object');
  });

  test.each([
    { validateOnly: true, migration_settings: { dry_run: true } },
    { catchUp: true, migration_settings: { dry_run: true } },
    { validateOnly: true, dropTarget: true },
    { validateOnly: true, migration_settings: { throughput: { during: 400 } } },
    { catchUp: true, migration_settings: { validate: 'counts' } },
  ])('for %j, which contradicts itself', async (asked) => {
    const before = await listed();
    const response = await app.request('POST', route, { name: uniqueName(), ...asked });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as Refusal;
    // It names the key, and what to use.
    for (const key of Object.keys(asked)) if (key !== 'migration_settings') expect(error.message).toContain(key);
    expect(error.message).toMatch(/leave |by itself|choose /);
    expect(await listed()).toEqual(before);
  });

  test('for a key of the address that nothing reads', async () => {
    const response = await app.request('POST', `${route}?dry_run=true`, { name: uniqueName() });
    expect(response.status).toBe(400);
    expect(((await response.json()) as Refusal).error.message).toContain('query key dry_run');
  });
});

test.each([{ validateOnly: true }, { dropTarget: true }, { migration_settings: { dry_run: false } }])(
  'POST /api/analyses refuses %j, of which an analysis would do nothing',
  async (asked) => {
    const before = await listed();
    const response = await app.request('POST', '/api/analyses', { name: uniqueName(), ...asked });
    expect(response.status).toBe(400);
    expect(((await response.json()) as Refusal).error.message).toContain('an analysis');
    expect(await listed()).toEqual(before);
  },
);

test('a chunked body means what it says: a dry run stays one', async () => {
  const pair = await app.pair('empty');
  await seedScale(pair.postgresUri, 1);
  const name = uniqueName();
  const { source, target } = pair;
  const body = JSON.stringify({
    name,
    source: { secret: source },
    destination: { secret: target },
    migration_settings: { dry_run: true },
  });
  const { status, body: answer } = await app.raw({
    line: 'POST /api/migrations',
    headers: CHUNKED,
    pieces: chunked(body, 11),
  });
  expect(status).toBe(202);
  expect(answer).toContain(`"id":"${name}-analysis"`);
  const { code, report } = await app.end(`${name}-analysis`);
  expect({ code, dryRun: report.dryRun }).toEqual({ code: 0, dryRun: true });
});

test('{"defaults": true} is a request: the default connections are looked up', async () => {
  const response = await app.request('POST', '/api/analyses', { defaults: true });
  expect(response.status).toBe(422);
  expect(((await response.json()) as Refusal).error.message).toContain('POSTGRES_URI');
});

test('bodies of control requests are neither needed nor read', async () => {
  const id = await app.begin(big, { dropTarget: true, ...SLOWLY });
  await app.until(id, ({ phase }) => phase === 'copy');
  const answers = [
    await app.raw({ line: `POST /api/migrations/${id}/suspend`, headers: {}, pieces: [] }),
    await app.raw({ line: `POST /api/migrations/${id}/suspend`, headers: CHUNKED, pieces: chunked('no JSON', 3) }),
    await app.raw({
      line: `POST /api/migrations/${id}/cancel`,
      headers: { 'content-length': '100000' },
      pieces: ['['.repeat(100_000)],
    }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  expect((await app.end(id)).status.status).toBe('cancelled');
});

describe('a name', () => {
  let pair: Pair;
  const name = uniqueName();
  let first: MigrationReport;
  const reportOf = async (query = ''): Promise<{ status: number; report: MigrationReport }> => {
    const response = await app.request('GET', `/api/migrations/${name}/report${query}`);
    return { status: response.status, report: (await response.json()) as MigrationReport };
  };

  beforeAll(async () => {
    pair = await app.pair('empty');
    await seedScale(pair.postgresUri, 1);
    first = (await app.migrate(pair, { name })).report;
    expect(first.status).toBe('completed');
  });

  test.each([
    ['analyses', {}, '-analysis'],
    ['migrations', { migration_settings: { dry_run: true } }, '-analysis'],
    ['migrations', { validateOnly: true }, '-validate'],
  ])('of a finished migration keeps its report and state when %s are asked with %j', async (route, body, suffix) => {
    const state = await blobs.list(blobPaths.all(name));
    const { id, status } = await app.migrate(pair, { name, ...body }, route);
    expect(id).toBe(`${name}${suffix}`);
    expect(status.name).toBe(id);
    expect(await blobs.list(blobPaths.all(name))).toEqual(state);
    expect((await reportOf()).report).toEqual(first);
  });

  test('that ends as those of analyses do stays as it is', async () => {
    expect((await app.migrate(pair, { name: `${name}-analysis` }, 'analyses')).id).toBe(`${name}-analysis`);
  });

  test('of an analysis is refused to a migration, and the other way round', async () => {
    for (const [taken, body, route] of [
      [`${name}-analysis`, {}, 'migrations'],
      [`${name}-validate`, {}, 'migrations'],
    ] as const) {
      const ends = { source: { secret: pair.source }, destination: { secret: pair.target } };
      const response = await app.request('POST', `/api/${route}`, { name: taken, ...ends, ...body });
      expect(response.status).toBe(409);
      expect(await response.json()).toMatchObject({ id: taken, error: { kind: 'conflict' } });
    }
  });

  test('started again keeps the report of the run before, also when the new one fails in preflight', async () => {
    expect(await reportOf('?earlier=1')).toMatchObject({ status: 404 });
    const failed = await app.migrate({ source: pair.target, target: pair.target }, { name });
    expect(failed.code).toBe(2);
    expect(await reportOf('?earlier=1')).toEqual({ status: 200, report: first });
    expect((await reportOf()).report).toEqual(failed.report);
    const text = await app.request('GET', `/api/migrations/${name}/report?earlier=1&format=text`);
    expect(text.headers.get('content-type')).toContain('text/plain');
    expect(await text.text()).toContain('MIGRATION REPORT');
    expect((await reportOf('?earlier=2')).status).toBe(404);
    expect((await reportOf('?earlier=0')).status).toBe(400);
    expect((await reportOf('?earlier=last')).status).toBe(400);
  });

  test('is started once by many at once, and what the one runs stands', async () => {
    const body = { name: uniqueName(), source: { secret: pair.source }, destination: { secret: pair.target } };
    const responses = await Promise.all(Array.from({ length: 6 }, () => app.request('POST', '/api/migrations', body)));
    expect(responses.map(({ status }) => status).toSorted()).toEqual([202, 409, 409, 409, 409, 409]);
    for (const response of responses.filter(({ status }) => status === 409)) {
      expect(await response.json()).toMatchObject({ id: body.name, error: { kind: 'conflict' } });
    }
    expect((await app.end(body.name)).code).toBe(0);
  });
});

describe('one target', () => {
  test('is refused to a second migration while the first writes, with what is known of the first', async () => {
    const ends = { source: { secret: big.source }, destination: { secret: big.target } };
    const id = await app.begin(big, { dropTarget: true, tables: ['metrics', 'runs'], ...SLOWLY });
    await app.until(id, ({ phase, totals }) => phase === 'copy' && totals.copied > 0);
    for (const body of [
      { ...ends, name: uniqueName() },
      { ...ends, name: uniqueName(), tables: ['tags', 'RUNS'] },
      { ...ends, name: uniqueName(), layout: 'mlflow' },
      // Settings are looked up in upper case, with underscores.
      { ...ends, name: uniqueName(), destination: { secret: big.target.toLowerCase().replace('_', '-') } },
    ]) {
      const response = await app.request('POST', '/api/migrations', body);
      expect(response.status).toBe(409);
      const { error, ...fields } = (await response.json()) as Refusal;
      expect(fields).toEqual({ id, statusUrl: `/api/migrations/${id}` });
      expect(error.kind).toBe('target-in-use');
      expect(error.message).toContain(id);
      const heard = /last heard of at (\S+)$/.exec(error.message)?.[1] ?? '';
      expect(Date.now() - Date.parse(heard)).toBeLessThan(20_000);
    }
    // What writes nothing, or elsewhere, goes on; that it also passes preflight is not said here.
    const others = [
      await app.begin(big, { validateOnly: true }),
      await app.begin(big, {}, 'analyses'),
      await app.begin({ source: big.source, target: (await app.pair('empty')).target }, { tables: ['tags'] }),
    ];
    await app.request('POST', `/api/migrations/${id}/cancel`);
    for (const one of [id, ...others]) await app.end(one);
    const again = await app.begin(big, { allowExisting: true, tables: ['experiments'] });
    expect((await app.end(again)).id).toBe(again);
  });

  test('goes to one of two that are started at once under different names', async () => {
    const ends = { source: { secret: big.source }, destination: { secret: big.target }, dropTarget: true, ...SLOWLY };
    const bodies = [uniqueName(), uniqueName(), uniqueName()].map((name) => ({ name, ...ends }));
    const responses = await Promise.all(bodies.map((body) => app.request('POST', '/api/migrations', body)));
    expect(responses.map(({ status }) => status).toSorted()).toEqual([202, 409, 409]);
    const started = responses.filter(({ status }) => status === 202);
    const [{ id }] = (await Promise.all(started.map((one) => one.json()))) as [{ id: string }];
    for (const response of responses.filter(({ status }) => status === 409)) {
      expect(await response.json()).toMatchObject({ id, error: { kind: 'target-in-use' } });
    }
    await app.request('POST', `/api/migrations/${id}/cancel`);
    await app.end(id);
  });
});

test(`the last ${MAX_EARLIER_REPORTS} earlier reports are kept`, async () => {
  const id = uniqueName();
  const times = Array.from({ length: MAX_EARLIER_REPORTS + 2 }, (_, n) => new Date(n * 60_000).toISOString());
  for (const finishedAt of times) {
    await blobs.put(blobPaths.report(id, 'json'), JSON.stringify({ finishedAt }), 'application/json');
    await blobs.put(blobPaths.report(id, 'text'), `text of ${finishedAt}`, 'text/plain');
    // Twice, as after a process that died in between.
    await keepEarlierReport(blobs, id);
    await keepEarlierReport(blobs, id);
  }
  const kept = times.toReversed().slice(0, MAX_EARLIER_REPORTS);
  expect(await earlierRuns(blobs, id)).toEqual(kept);
  for (const finishedAt of kept) {
    const run = blobPaths.earlierRun(id, finishedAt);
    expect(await blobs.get(blobPaths.report(run, 'json'))).toBe(JSON.stringify({ finishedAt }));
    expect(await blobs.get(blobPaths.report(run, 'text'))).toBe(`text of ${finishedAt}`);
    expect(await blobs.get(blobPaths.report(run, 'html'))).toBeNull();
  }
});

test('a blob is held by one at a time, and a hold that was lost is not renewed', async () => {
  const path = `${uniqueName()}.lock`;
  const first = await blobs.hold(path);
  expect(await blobs.hold(path)).toBeNull();
  await first?.renew();
  await first?.release();
  const second = await blobs.hold(path);
  expect(second).not.toBeNull();
  const container = BlobServiceClient.fromConnectionString(inject('storageConnectionString'));
  await container.getContainerClient('migration-reports').getBlobClient(path).getBlobLeaseClient().breakLease(0);
  const third = await blobs.hold(path);
  expect(third).not.toBeNull();
  await expect(second?.renew()).rejects.toMatchObject({ kind: 'storage-unavailable' });
  await third?.release();
});
