import { randomBytes } from 'node:crypto';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ReplicaSet, startReplicaSet } from '../support/replicaSet.ts';
import { compare, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

/** Longer than a migration of these tests: whoever read the third member would find nothing. */
const LAG_SECONDS = 600;

let replicas: ReplicaSet;
let app: TestApp;
const database = `replicas_${randomBytes(4).toString('hex')}`;
const other = `${database}_other`;
const indexed = `${database}_indexed`;

beforeAll(async () => {
  replicas = await startReplicaSet(LAG_SECONDS);
  const asked = (name: string) =>
    `${withDatabase(replicas.uri, name)}&readPreference=secondary&w=1&readConcernLevel=local`;
  app = await TestApp.start({
    TARGET_REPLICAS: asked(database),
    TARGET_STEPPING: asked(other),
    TARGET_INDEXES: asked(indexed),
  });
}, 120_000);
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await replicas[Symbol.asyncDispose]();
});

async function pairOn(target: string, name: string): Promise<Pair> {
  return { ...(await app.pair('2.22.5')), target, database: name, mongodbUri: withDatabase(replicas.uri, name) };
}

test('what a member that lags would say is not heard: neither of the documents nor of whose they are', async () => {
  const pair = await pairOn('TARGET_REPLICAS', database);
  const { code, report } = await app.migrate(pair);
  expect(report.problems).toEqual([]);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect(report.validation.findings.map(({ message }) => message).join()).toMatch(
    /target URI asks for .*readPreference=secondary.*: overridden/,
  );
  expect((await compare(pair)).differences).toEqual([]);
  const second = { ...(await app.pair('1.30.1')), target: pair.target };
  const refused = await app.migrate(second);
  expect(refused.report.problems.map(({ kind }) => kind)).toEqual(['target-not-empty']);
  const again = await app.migrate(pair);
  expect(again.code).toBe(0);
  expect(again.report.tables['runs']?.unchanged).toBe(again.report.tables['runs']?.total);
  expect((await compare(pair)).differences).toEqual([]);
});

test('no index waits for a member that lags or is down', async () => {
  const pair = await pairOn('TARGET_INDEXES', indexed);
  // Collections of so many rows get their indexes after the data.
  await runSql(
    pair.postgresUri,
    "insert into params (run_uuid, key, value) select run_uuid, 'k' || n, 'v' from (select run_uuid from runs limit 1) r, generate_series(1, 3000) n",
  );
  const lagging = await app.migrate(pair);
  expect({ code: lagging.code, problems: lagging.report.problems }).toEqual({ code: 0, problems: [] });
  expect(lagging.report.validation.indexes).toBe('ok');
  await replicas.kill('third');
  const down = await app.migrate(pair, { dropTarget: true });
  expect({ code: down.code, problems: down.report.problems }).toEqual({ code: 0, problems: [] });
  expect(down.report.validation.indexes).toBe('ok');
});

test('a primary that steps down in the copy, and once more in the comparison, costs a pause', async () => {
  const pair = await pairOn('TARGET_STEPPING', other);
  await runSql(
    pair.postgresUri,
    "create table long (id int primary key, body text); insert into long select i, 'row ' || i from generate_series(1, 20000) i",
  );
  const id = await app.begin(pair, { migration_settings: { batch_size: 25, parallel: 1 } });
  const arrived = () => withTarget(pair, (db) => db.collection('long').countDocuments());
  await expect.poll(arrived, { timeout: 60_000, interval: 50 }).toBeGreaterThan(0);
  expect((await app.status(id)).phase).toBe('copy');
  await replicas.stepDown();
  // Documents are read in this phase, by requests that a former primary refuses.
  await expect.poll(async () => (await app.status(id)).phase, { timeout: 60_000, interval: 50 }).toBe('validate');
  await replicas.stepDown();
  const { code, report } = await app.end(id);
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
  // What was acknowledged stands with a majority: it is there whoever is primary next.
  const count = (await withTarget(pair, (db) => db.collection('runs').countDocuments())) ?? 0;
  await replicas.stepDown();
  expect(await withTarget(pair, (db) => db.collection('runs').countDocuments())).toBe(count);
});
