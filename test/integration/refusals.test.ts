import { randomBytes } from 'node:crypto';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { afterEach, expect, inject, test } from 'vitest';
import { type CosmosProxy, startCosmosProxy } from '../faults/proxy/cosmosProxy.ts';
import type { CosmosProxyOptions } from '../faults/proxy/options.ts';
import { type Pair, TestApp, withTarget } from '../support/runMigration.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An app with one pair of databases, whose target it reaches directly, and through a proxy that does what the test wants. */
async function start(
  options: Partial<CosmosProxyOptions>,
): Promise<{ app: TestApp; pair: Pair; refusing: Pair; proxy: CosmosProxy }> {
  const direct = new URL(inject('mongodbUri'));
  const upstream = { host: direct.hostname, port: Number(direct.port) };
  const proxy = await startCosmosProxy({ upstream, flavour: 'mongodb', seed: 5, ...options });
  cleanups.push(() => proxy.stop());
  const database = `refusals_${randomBytes(4).toString('hex')}`;
  const proxied = new URL(direct);
  proxied.port = String(proxy.port);
  const app = await TestApp.start({
    TARGET_DIRECT: withDatabase(direct.href, database),
    TARGET_REFUSING: withDatabase(proxied.href, database),
  });
  cleanups.push(() => app[Symbol.asyncDispose]());
  const pair = {
    ...(await app.pair('1.30.1')),
    target: 'TARGET_DIRECT',
    database,
    mongodbUri: withDatabase(direct.href, database),
  };
  return { app, pair, refusing: { ...pair, target: 'TARGET_REFUSING' }, proxy };
}

const text = async (app: TestApp, id: string) =>
  await (await app.request('GET', `/api/migrations/${id}/report?format=text`)).text();

test('a request-unit account that denies requests is told with its firewall first, before anything is made', async () => {
  const { app, pair, refusing } = await start({ flavour: 'ru', failCommands: [{ commands: ['update'], code: 13 }] });
  const { code, report } = await app.migrate(refusing);
  expect(code).toBe(4);
  expect(report.problems).toEqual([
    {
      kind: 'target-refused',
      message: expect.stringMatching(/denies the request \(code 13\)$/),
      hint: expect.stringMatching(/firewall.*read-only key.*regenerated/),
    },
  ]);
  expect(await withTarget(pair, async (db) => await db.listCollections().toArray())).toEqual([]);
});

test('a run that made collections before it was refused says so', async () => {
  const failCommands = [{ commands: ['createIndexes'], code: 13, codeName: 'Unauthorized', skip: 3 }];
  const { app, pair, refusing } = await start({ failCommands });
  const { id, code, report } = await app.migrate(refusing);
  expect(code).toBe(4);
  expect(report.problems.map(({ kind }) => kind)).toEqual(['target-refused']);
  const standing = await withTarget(pair, async (db) => (await db.listCollections().toArray()).length);
  expect(standing).toBeGreaterThan(1);
  const printed = await text(app, id);
  expect(printed).toContain('No record of the source was written to the target; collections and indexes may have been');
  expect(printed).not.toContain('Nothing was written');
});

test.each([
  ['listIndexes', 13, { content: 'ok', counts: 'incomplete', indexes: 'incomplete' }],
  ['aggregate', 8000, { content: 'incomplete', counts: 'incomplete', indexes: 'incomplete' }],
])(
  'a target that refuses %s lets the checks be incomplete, and is not called different',
  async (name, failure, results) => {
    const { app, pair, refusing } = await start({ failCommands: [{ commands: [name], code: failure }] });
    expect((await app.migrate(pair)).code).toBe(0);
    const { id, code, report } = await app.migrate(refusing, { catchUp: true });
    expect(report.problems).toEqual([]);
    expect(code).toBe(1);
    expect(report.verdict.headline).toBe('Migration completed, but not everything was checked');
    expect(report.validation).toMatchObject(results);
    expect(report.consistentAt).toBeNull();
    const errors = report.validation.findings.filter(({ severity }) => severity === 'error');
    expect(errors.length).toBeGreaterThan(5);
    expect(errors.every(({ isFailure }) => isFailure === true)).toBe(true);
    const printed = await text(app, id);
    expect(printed).toContain('tables could not be checked; the findings say why.');
    expect(printed).not.toMatch(/difference|name what differs/i);
  },
);

test.each(['copy', 'validate'])(
  'cancelled in phase %s, nothing is said to be validated, and no refusal is lost',
  async (phase) => {
    // One that does not say what it has, and has less than the least that there is: it refuses for certain.
    const account =
      phase === 'copy' ? { requestUnitsPerSecond: 300, serverless: true } : { requestUnitsPerSecond: 800 };
    const { app, refusing } = await start({ flavour: 'ru', ...account });
    const id = await app.begin(refusing, { migration_settings: { parallel: 1 } });
    const live = await app.until(id, (seen) => seen.phase === phase && (phase === 'validate' || seen.throttled > 0));
    expect((await app.request('POST', `/api/migrations/${id}/cancel`)).status).toBe(202);
    const { status, report } = await app.end(id);
    expect(status.status).toBe('cancelled');
    expect(status.totals.validated).toBe(0);
    expect(Object.values(status.tables).some(({ validated }) => validated > 0)).toBe(false);
    // It stays where the run had got to: it never falls.
    expect(status.percent).toBeGreaterThanOrEqual(live.percent);
    expect(status.percent).toBeLessThan(100);
    expect(status.throttled).toBeGreaterThanOrEqual(live.throttled);
    expect(report.throttled).toBe(status.throttled);
  },
);
