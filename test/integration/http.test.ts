import { createHash } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { seedScale } from '../../bench/seedScale.ts';
import type { ConnectionList } from '../../src/contract/connectionList.ts';
import type { MigrationSeries } from '../../src/contract/migrationSeries.ts';
import { pathMethods, ROUTES } from '../../src/functions/routes.ts';
import { compare, type Pair, TestApp } from '../support/runMigration.ts';

let app: TestApp;
let big: Pair;

beforeAll(async () => {
  app = await TestApp.start();
  big = await app.pair('empty');
  await seedScale(big.postgresUri, 1);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** A body that would be accepted, for changing one thing of. */
const body = (change: object = {}): object => ({
  source: { secret: 'SOURCE_0' },
  destination: { secret: 'TARGET_0' },
  ...change,
});

/** Small batches, one after the other: time to say something while rows are copied. */
const SLOWLY = { migration_settings: { batch_size: 300, parallel: 1 } };

async function refusal(response: Response): Promise<{ status: number; kind: string; message: string; hint: string }> {
  const text = await response.text();
  expect(text).not.toContain(inject('canary'));
  expect(text).not.toMatch(/\bat .*\.(ts|cjs):\d+/);
  const { error, ...rest } = JSON.parse(text) as { error: { kind: string; message: string; hint: string } };
  expect(rest).toEqual({});
  expect(Object.keys(error).toSorted()).toEqual(['hint', 'kind', 'message']);
  return { status: response.status, ...error };
}

describe('keys', () => {
  test.each([
    ['GET', '/api/migrations'],
    ['POST', '/api/migrations'],
    ['GET', '/api/migrations/x'],
    ['GET', '/api/migrations/x/report'],
    ['GET', '/api/migrations/x/series'],
    ['GET', '/api/migrations/x/request'],
    ['GET', '/api/connections'],
    ['POST', '/api/migrations/x/cancel'],
    ['POST', '/api/analyses'],
  ])('%s %s wants a key, and the right one', async (method, path) => {
    const content = method === 'POST' ? {} : undefined;
    for (const key of [null, 'wrong']) {
      const { status, kind, hint } = await refusal(await app.request(method, path, content, { key }));
      expect([status, kind]).toEqual([401, 'unauthorized']);
      expect(hint).toContain('x-functions-key');
    }
  });

  test.each(
    pathMethods().flatMap(({ path, allowed, refused }) => refused.map((method) => [method, path, allowed.join(', ')])),
  )('%s /api/%s is refused by its method, with or without a key', async (method, path, allow) => {
    const response = await app.request(method, `/api/${path.replace('{id}', 'x')}`, undefined, { key: null });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    if (method !== 'HEAD') expect((await refusal(response)).message).toContain(method);
  });

  test.each(['GET', 'POST', 'DELETE', 'HEAD'])(
    '%s of a path that no route has is answered like any failure',
    async (method) => {
      for (const path of ['/api', '/api/migration', '/api/migrations/x/nothing', '/api/%3Cb%3E/?q=1']) {
        const response = await app.request(method, path, method === 'POST' ? {} : undefined, { key: null });
        expect(response.status, path).toBe(404);
        if (method === 'HEAD') continue;
        const { kind, message, hint } = await refusal(response);
        expect([kind, message]).toEqual(['not-found', `There is no route ${path.replace('?q=1', '')}`]);
        expect(hint).toContain('/api/openapi.json');
      }
    },
  );

  test('the OpenAPI document is for everybody, valid, and that of every route', async () => {
    const response = await app.request('GET', '/api/openapi.json', undefined, { key: null });
    const document = (await response.json()) as { paths: Record<string, object> };
    expect(await new Validator().validate(document)).toEqual({ valid: true });
    const told = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(told.toSorted()).toEqual(
      Object.values(ROUTES)
        .map(({ method, path }) => `${method.toLowerCase()} /api/${path}`)
        .toSorted(),
    );
  });

  test('health is for everybody, and says no more than that it is up and which version', async () => {
    const response = await app.request('GET', '/api/health', undefined, { key: null });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  test('the root leads everybody to the live page', async () => {
    const page = await app.request('GET', '/', undefined, { key: null });
    expect(page.redirected && page.url).toMatch(/\/api\/monitor$/);
    expect(await page.text()).toContain('<title>MLflow migrations</title>');
  });

  test('connections are told by name, to whoever has the key', async () => {
    const text = await (await app.request('GET', '/api/connections')).text();
    expect(text).not.toContain('://');
    const { sources, targets } = JSON.parse(text) as ConnectionList;
    expect(sources).toContainEqual({ key: 'secret', name: 'SOURCE_0' });
    expect(targets).toContainEqual({ key: 'secret', name: 'TARGET_0' });
  });

  test('the live page is for everybody, its data are not', async () => {
    const page = await app.request('GET', '/api/monitor', undefined, { key: null });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const script = /<script>([\s\S]*?)<\/script>/.exec(await page.text())?.[1] ?? '';
    const hash = createHash('sha256').update(script).digest('base64');
    expect(page.headers.get('content-security-policy')).toContain(`script-src 'sha256-${hash}';`);
  });
});

describe('start requests that are refused', () => {
  test.each([
    ['no JSON', '{"source": ', /line 1, column 12: the text ends too early/],
    ['a key twice', '{"name": "a", "name": "b"}', /line 1, column 15: the key name appears here a second time/],
    ['defaults that are not meant', { defaults: false }, /defaults must be true/],
    ['an array', '[]', /object/i],
    ['a number', '7', /object/i],
    ['an unknown key', body({ tabels: ['runs'] }), /tabels.*tables/s],
    ['a wrong type', body({ tables: 'runs' }), /tables/],
    ['an unknown layout', body({ layout: 'rows' }), /layout/],
    ['a batch size of zero', body({ migration_settings: { batch_size: 0 } }), /batch_size/],
    ['a negative batch size', body({ migration_settings: { batch_size: -5 } }), /batch_size/],
    ['a batch size with a fraction', body({ migration_settings: { batch_size: 1.5 } }), /batch_size/],
    ['a name with a slash', body({ name: 'a/b' }), /name/],
    ['an empty list of tables', body({ tables: [] }), /tables/],
  ])('%s', async (_what, content, message) => {
    const { status, message: told } = await refusal(await app.request('POST', '/api/migrations', content));
    expect(status).toBe(400);
    expect(told).toMatch(message);
  });

  test.each([
    ['source', { source: { secret: 'NOT_SET_ANYWHERE' } }],
    ['target', { destination: { secret: 'NOT_SET_ANYWHERE' } }],
  ])('a %s by a name that stands for nothing', async (_what, change) => {
    for (const route of ['/api/migrations', '/api/analyses']) {
      const { status, kind, message } = await refusal(
        await app.request('POST', route, body({ name: 'nowhere', ...change })),
      );
      expect([status, kind]).toEqual([422, 'config']);
      expect(message).toContain('NOT_SET_ANYWHERE');
    }
    expect((await app.request('GET', '/api/migrations/nowhere')).status).toBe(404);
  });

  test.each([
    ['the storage key as a secret', { source: { secret: 'AzureWebJobsStorage' } }, /AzureWebJobsStorage is a setting/],
    ['the function key as a secret', { source: { secret: 'MLFLOW_MIGRATE_KEY' } }, /MLFLOW_MIGRATE_KEY is a setting/],
    ['the storage key as a target', { destination: { secret: 'azurewebjobs-storage' } }, /azurewebjobs-storage is a/],
    ['a way up', { destination: { account: 'cosmon-x', resource_group: '..' } }, /destination\.resource_group must be/],
    ['a way down', { destination: { account: 'cosmon-x', resource_group: 'a/../b' } }, /resource_group must be/],
    ['a query', { destination: { account: 'cosmon-x', resource_group: 'a?b' } }, /resource_group must be the name/],
    ['an account that is a path', { destination: { account: 'cosmon-x/../y' } }, /destination\.account must be/],
    ['a server that is a path', { source: { server: 'pg/../x', user: 'u' } }, /source\.server must be a host name/],
    ['a subscription of dashes', { destination: { account: 'abc', subscription: '-'.repeat(36) } }, /subscription id/],
  ])('%s', async (_what, change, message) => {
    for (const route of ['/api/migrations', '/api/analyses']) {
      const { status, kind, message: told } = await refusal(await app.request('POST', route, body(change)));
      expect([status, kind]).toEqual([400, 'config']);
      expect(told).toMatch(message);
    }
  });

  test('a connection URI, wherever it stands, and its password is not repeated', async () => {
    const uri = inject('postgresUri');
    for (const content of [
      body({ source: { connection_uri: uri } }),
      body({ source: { secret: uri } }),
      body({ destination: { recommended: inject('mongodbUri') } }),
      body({ name: uri }),
      body({ tables: [uri] }),
      { [uri]: 1 },
    ]) {
      const { status, hint } = await refusal(await app.request('POST', '/api/migrations', content));
      expect(status).toBe(400);
      expect(hint).toMatch(/secret/);
    }
  });

  test('a body of one megabyte, with and without a length', async () => {
    const { status } = await refusal(
      await app.request('POST', '/api/migrations', body({ workspace: 'x'.repeat(1_000_000) })),
    );
    expect(status).toBe(413);
    const analyses = await refusal(await app.request('POST', '/api/analyses', ' '.repeat(65_537)));
    expect(analyses.status).toBe(413);
  });

  test('64 KiB of brackets', async () => {
    const { status } = await refusal(await app.request('POST', '/api/migrations', '['.repeat(64 * 1024)));
    expect(status).toBe(400);
    const deep = `{"source":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    expect((await refusal(await app.request('POST', '/api/migrations', deep))).status).toBe(400);
  });
});

test('an app with lists starts nothing that is not on them, and says what to add where', async () => {
  await using listed = await TestApp.start({
    ALLOWED_SECRETS: 'TARGET-0',
    ALLOWED_SERVERS: 'pg-lab',
    ALLOWED_ACCOUNTS: 'docdb-x',
  });
  const target = { destination: { secret: 'TARGET_0' } };
  for (const [ends, message, setting] of [
    [{ source: { secret: 'SOURCE_0' }, ...target }, 'The secret SOURCE_0 is not on the list', 'ALLOWED_SECRETS'],
    [{ source: { server: 'pg-other', user: 'u' }, ...target }, 'The server pg-other is not', 'ALLOWED_SERVERS'],
    [
      { source: { server: 'pg-lab', user: 'u' }, destination: { account: 'cosmon-other' } },
      'The account cosmon-other is not on the list',
      'ALLOWED_ACCOUNTS',
    ],
    [{ source: { server: 'pg-lab', user: 'u' } }, 'The secret MONGODB_URI is not on the list', 'ALLOWED_SECRETS'],
  ] as const) {
    const { status, kind, message: told, hint } = await refusal(await listed.request('POST', '/api/migrations', ends));
    expect([status, kind]).toEqual([400, 'config']);
    expect(told).toContain(message);
    expect(hint).toContain(setting);
  }
  expect(await (await listed.request('GET', '/api/migrations')).json()).toMatchObject({ migrations: [] });
});

test('an app on Azure without lists takes no other secret than those named by default, no server and no account', async () => {
  await using azure = await TestApp.start({ WEBSITE_SITE_NAME: 'func-x', AZURE_FUNCTIONS_ENVIRONMENT: 'Production' });
  for (const [ends, message] of [
    [{ source: { secret: 'SOURCE_0' } }, 'The secret SOURCE_0 is not on the list'],
    [{ source: { server: 'pg-x', user: 'u' } }, 'The server pg-x is not on the list'],
    [{ destination: { account: 'cosmon-x' } }, 'The account cosmon-x is not on the list'],
  ] as const) {
    const { status, message: told } = await refusal(await azure.request('POST', '/api/migrations', ends));
    expect(status).toBe(400);
    expect(told).toContain(message);
  }
  // On the list, and not set here.
  expect((await azure.request('POST', '/api/migrations', { defaults: true })).status).toBe(422);
});

test.each([
  ['GET', ''],
  ['GET', '/report'],
  ['POST', '/cancel'],
  ['POST', '/suspend'],
  ['POST', '/resume'],
])('%s of a migration that there is not is 404 (%s)', async (method, suffix) => {
  for (const id of ['nothing-here', encodeURIComponent('../../x'), encodeURIComponent('ä'), 'x'.repeat(200)]) {
    const { status, kind } = await refusal(await app.request(method, `/api/migrations/${id}${suffix}`));
    expect({ status, kind }).toEqual({ status: 404, kind: 'not-found' });
  }
});

test('a migration is accepted, refused a second time, suspended, resumed, and its status is quick meanwhile', async () => {
  const ends = { source: { secret: big.source }, destination: { secret: big.target } };
  const start = body({ name: 'the-same', ...ends, ...SLOWLY });
  const accepted = await app.request('POST', '/api/migrations', start);
  expect(accepted.status).toBe(202);
  const { id, statusUrl } = (await accepted.json()) as { id: string; statusUrl: string };
  expect(accepted.headers.get('location')).toBe(statusUrl);
  expect(statusUrl).toBe(`/api/migrations/${id}`);
  const again = await app.request('POST', '/api/migrations', start);
  expect(again.status).toBe(409);
  expect(await again.json()).toEqual({
    error: { kind: 'conflict', message: expect.stringContaining(id), hint: expect.stringContaining(statusUrl) },
    id,
    statusUrl,
  });
  expect((await refusal(await app.request('GET', `/api/migrations/${id}/report`))).status).toBe(404);

  await app.until(id, ({ phase, totals }) => phase === 'copy' && totals.copied > 0);
  const suspendAt = Date.now();
  expect((await app.request('POST', `/api/migrations/${id}/suspend`)).status).toBe(202);
  await app.until(id, (seen) => seen.status === 'suspended');
  let before = -1;
  const still = await app.until(id, ({ totals, rowsPerSecond }) => {
    const isStill = totals.copied === before && rowsPerSecond === 0;
    before = totals.copied;
    return isStill;
  });
  // What counts is that nothing is written five seconds after the word.
  expect(Date.now() - suspendAt).toBeLessThan(20_000);
  expect(still.totals.copied).toBeLessThan(still.totals.total);

  expect((await app.request('POST', `/api/migrations/${id}/resume`)).status).toBe(202);
  const heldMs = Date.now() - suspendAt;
  await app.until(id, ({ totals }) => {
    expect(totals.copied).toBeGreaterThanOrEqual(before);
    return totals.copied > before;
  });
  const times: number[] = [];
  const ended = await app.until(id, (seen) => seen.status !== 'running' || seen.phase === 'validate');
  for (let i = 0; i < 20; i++) {
    const begun = performance.now();
    await app.status(id);
    times.push(performance.now() - begun);
  }
  expect(ended.percent).toBeGreaterThan(0);
  const median = times.toSorted((a, b) => a - b)[10] as number;
  // How quick it is, is measured (docs/reliability.md); here it is answered at all while two cores are busy.
  expect(median).toBeLessThan(2_000);
  const { code, report } = await app.end(id);
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  // The time of the suspension is none of a phase.
  const { total, copy, indexes, validate, rest = 0 } = report.seconds;
  expect(Math.abs(rest - heldMs / 1_000)).toBeLessThan(1.5);
  expect(copy + indexes + validate).toBeLessThanOrEqual(total - rest);
  expect((await compare(big)).differences).toEqual([]);

  expect((await refusal(await app.request('POST', `/api/migrations/${id}/cancel`))).status).toBe(409);
  const list = (await (await app.request('GET', '/api/migrations')).json()) as { migrations: { id: string }[] };
  expect(list.migrations.map((one) => one.id)).toContain(id);

  const series = (await (await app.request('GET', `/api/migrations/${id}/series`)).json()) as MigrationSeries;
  const rows = series.rowsPerSecond.reduce((sum, rate) => sum + rate * series.stepSeconds, 0);
  // Copied and compared, as far as the stretch under way is left out and rates are rounded.
  expect(rows).toBeGreaterThan(ended.totals.total);
  expect(series.versions).toMatchObject({
    postgres: expect.stringMatching(/^\d+/),
    target: expect.stringMatching(/MongoDB \d/),
  });
  expect(series.events.flatMap((event) => (event.what === 'phase' ? [event.phase] : [event.what]))).toEqual([
    ...['preflight', 'plan', 'copy', 'word', 'word', 'indexes', 'validate', 'catch-up', 'report', 'ended'],
  ]);
  const request = await (await app.request('GET', `/api/migrations/${id}/request`)).json();
  expect(request).toMatchObject({ name: id, ...ends, layout: 'tables', migration_settings: SLOWLY.migration_settings });

  const formats = [
    ['', 'application/json', /^\{/],
    ['?format=json', 'application/json', /"schemaVersion": ?1/],
    ['?format=text', 'text/plain', /MLFLOW POSTGRESQL TO MONGODB MIGRATION REPORT[\s\S]*✅ RUNS +Total:/],
    ['?format=html', 'text/html', /<!doctype html>/i],
  ] as const;
  for (const [query, type, content] of formats) {
    const answer = await app.request('GET', `/api/migrations/${id}/report${query}`);
    expect(answer.headers.get('content-type')).toContain(type);
    expect(await answer.text()).toMatch(content);
  }
  expect((await refusal(await app.request('GET', `/api/migrations/${id}/report?format=pdf`))).status).toBe(400);
});

test.each([
  ['GET', '/api/migrations?afterwards=x', 'afterwards'],
  ['GET', '/api/migrations/none?format=text', 'format'],
  ['GET', '/api/migrations/none/report?fromat=text', 'fromat'],
  ['GET', '/api/migrations/none/differences?format=text', 'format'],
  ['POST', '/api/migrations/none/cancel?reason=why', 'reason'],
  ['POST', '/api/migrations/none/suspend?reason=why', 'reason'],
  ['POST', '/api/migrations/none/resume?reason=why', 'reason'],
])('%s %s is refused for the key that nothing reads', async (method, path, key) => {
  const refused = await refusal(await app.request(method, path));
  expect(refused).toMatchObject({ status: 400, kind: 'usage', message: expect.stringContaining(`query key ${key},`) });
});

test('cancelled within five seconds, reported as that, and started again it is completed', async () => {
  const id = await app.begin(big, { dropTarget: true, ...SLOWLY });
  await app.until(id, ({ phase, totals }) => phase === 'copy' && totals.copied > 0);
  const begun = Date.now();
  expect((await app.request('POST', `/api/migrations/${id}/cancel`)).status).toBe(202);
  const { status, report } = await app.end(id);
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(status.status).toBe('cancelled');
  expect(report).toMatchObject({ status: 'cancelled', problems: [] });
  expect(report.totals.migrated).toBeLessThan(report.totals.total);
  const again = await app.migrate(big, { name: id });
  expect(again.code).toBe(0);
  expect((await compare(big, { tables: ['metrics', 'runs', 'params', 'tags'] })).differences).toEqual([]);
});

test('a suspended migration can be cancelled', async () => {
  const id = await app.begin(big, { dropTarget: true, ...SLOWLY });
  await app.until(id, ({ phase }) => phase === 'copy');
  await app.request('POST', `/api/migrations/${id}/suspend`);
  await app.until(id, ({ status }) => status === 'suspended');
  await app.request('POST', `/api/migrations/${id}/cancel`);
  expect((await app.end(id)).status.status).toBe('cancelled');
});
