import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runSql, TestApp } from '../support/runMigration.ts';

const SYSTEM_KEY = randomBytes(18).toString('hex');
const API = '/runtime/webhooks/durabletask/instances';
/** Copied one by one, these take some seconds. */
const MANY_PARAMS =
  "insert into params (run_uuid, key, value) select run_uuid, 'k' || n, 'v' from (select run_uuid from runs limit 1) r, generate_series(1, 2000) n";
const SLOWLY = { tables: ['params', 'runs'], migration_settings: { parallel: 1, batch_size: 1 } };

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ FUNCTIONS_SYSTEM_KEY: SYSTEM_KEY });
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** Instances of Durable whose ids begin so. */
async function instancesOf(prefix: string): Promise<readonly string[]> {
  const response = await app.request('GET', `${API}?instanceIdPrefix=${prefix}`, undefined, { key: SYSTEM_KEY });
  const instances = (await response.json()) as readonly { readonly instanceId: string }[];
  return instances.map(({ instanceId }) => instanceId);
}

test('of a migration that has ended its own history is left, and no lane', async () => {
  const pair = await app.pair('3.17.2');
  await runSql(pair.postgresUri, MANY_PARAMS);
  const id = await app.begin(pair, SLOWLY);
  await vi.waitUntil(async () => (await instancesOf(`${id}.lane.`)).length > 0, { timeout: 60_000 });
  expect((await app.end(id)).code).toBe(0);
  expect(await instancesOf(id)).toEqual([id]);
  expect(app.log.filter((line) => line.includes('lanes-kept'))).toEqual([]);
  // What looks back works as before, and so does another run of the name.
  expect((await app.status(id)).status).toBe('completed');
  expect((await app.migrate(pair, { name: id, tables: SLOWLY.tables })).code).toBe(0);
  expect(await instancesOf(id)).toEqual([id]);
});

test('of one that Durable itself ended no lane is left either, once its end is recorded', async () => {
  const pair = await app.pair('3.17.2');
  await runSql(pair.postgresUri, MANY_PARAMS);
  const id = await app.begin(pair, SLOWLY);
  await vi.waitUntil(async () => (await instancesOf(`${id}.lane.`)).length > 0, { timeout: 60_000 });
  const terminated = await app.request('POST', `${API}/${id}/terminate`, undefined, { key: SYSTEM_KEY });
  expect(terminated.status).toBe(202);
  await app.end(id);
  await vi.waitUntil(async () => (await instancesOf(id)).join() === [id, `${id}.end`].join(), { timeout: 60_000 });
  expect((await app.migrate(pair, { name: id, tables: SLOWLY.tables })).code).toBe(0);
});
