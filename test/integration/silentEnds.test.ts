import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type FreezingRelay, startFreezingRelay } from '../support/freezingRelay.ts';
import { compare, runSql, TestApp, withTarget } from '../support/runMigration.ts';

/** Copied one by one, these take some seconds. */
const MANY_PARAMS =
  "insert into params (run_uuid, key, value) select run_uuid, 'k' || n, 'v' from (select run_uuid from runs limit 1) r, generate_series(1, 3000) n";
const SLOWLY = { tables: ['params', 'runs'], migration_settings: { parallel: 1, batch_size: 1 } };
/** An end that falls silent is waited for up to 130 s a request, and fifteen minutes in all: this is over before. */
const WITHIN = { timeout: 90_000 };

let app: TestApp;
let relays: Readonly<Record<'source' | 'target', FreezingRelay>>;

beforeAll(async () => {
  relays = {
    source: await startFreezingRelay(Number(new URL(inject('postgresUri')).port)),
    target: await startFreezingRelay(Number(new URL(inject('mongodbUri')).port)),
  };
  app = await TestApp.start();
});
afterAll(async () => {
  for (const relay of Object.values(relays)) relay.thaw();
  await app[Symbol.asyncDispose]();
  for (const relay of Object.values(relays)) await relay[Symbol.asyncDispose]();
});

/** A migration over relays, frozen at one end in the middle of its copy. */
async function frozenInTheCopy(end: 'source' | 'target') {
  const pair = await app.pair('3.17.2');
  await runSql(pair.postgresUri, MANY_PARAMS);
  const through = (uri: string, port: number) => Object.assign(new URL(uri), { port: String(port) }).href;
  await app.down();
  app = await TestApp.start({
    RELAYED_SOURCE: through(pair.postgresUri, relays.source.port),
    RELAYED_TARGET: through(pair.mongodbUri, relays.target.port),
  });
  const id = await app.begin({ source: 'RELAYED_SOURCE', target: 'RELAYED_TARGET' }, SLOWLY);
  await expect
    .poll(() => withTarget(pair, (db) => db.collection('params').countDocuments()), { timeout: 60_000 })
    .toBeGreaterThan(20);
  relays[end].freeze();
  return { pair, id };
}

test.each(['source', 'target'] as const)('cancelled while the %s is silent, a migration ends', WITHIN, async (end) => {
  const { id } = await frozenInTheCopy(end);
  expect((await app.request('POST', `/api/migrations/${id}/cancel`)).status).toBe(202);
  const { report } = await app.end(id);
  expect(report.status).toBe('cancelled');
  expect(report.problems.map(({ kind }) => kind)).toEqual(end === 'source' ? [] : ['target-unreachable']);
  relays[end].thaw();
});

test.each(['source', 'target'] as const)(
  'suspended while the %s is silent, a migration waits, and goes on when it is resumed',
  WITHIN,
  async (end) => {
    const { id, pair } = await frozenInTheCopy(end);
    await app.request('POST', `/api/migrations/${id}/suspend`);
    await app.until(id, ({ status }) => status === 'suspended');
    relays[end].thaw();
    await app.request('POST', `/api/migrations/${id}/resume`);
    const { report } = await app.end(id);
    expect(report.problems).toEqual([]);
    expect((await compare(pair, { tables: SLOWLY.tables })).differences).toEqual([]);
  },
);
