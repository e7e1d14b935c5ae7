import type { Document } from 'mongodb';
import { afterEach, expect, inject, test } from 'vitest';
import type { ConnectionResolver } from '../../src/config/resolveConnection.ts';
import type { MigrationRequest } from '../../src/contract/migrationRequest.ts';
import { Connections } from '../../src/runtime/connections.ts';
import { Services } from '../../src/runtime/services.ts';
import { restoreThroughput } from '../../src/steps/restoreThroughput.ts';
import { validateUnit } from '../../src/steps/validateUnit.ts';
import { AzureBlobStore } from '../../src/storage/azureBlobStore.ts';
import { changeOwnership, readOwnership } from '../../src/target/ownership.ts';
import { TargetDatabase } from '../../src/target/targetDatabase.ts';
import { setThroughput } from '../../src/target/throughput.ts';
import { NO_METRICS } from '../../src/telemetry/metrics.ts';
import { type CosmosProxy, startCosmosProxy } from '../faults/proxy/cosmosProxy.ts';
import type { CosmosProxyOptions } from '../faults/proxy/options.ts';
import { compare, type Outcome, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An account with request units in front of the test server, an app that knows it as RU_TARGET, and a source. */
async function startAccount(
  options: Partial<CosmosProxyOptions>,
  fixture: '1.30.1' | '3.17.2' = '1.30.1',
): Promise<{ proxy: CosmosProxy; app: TestApp; pair: Pair }> {
  const server = new URL(inject('mongodbUri'));
  const upstream = { host: server.hostname, port: Number(server.port) };
  const proxy = await startCosmosProxy({ upstream, flavour: 'ru', seed: 11, ...options });
  cleanups.push(() => proxy.stop());
  const database = `ru_${proxy.port}_${Date.now()}`;
  server.host = `127.0.0.1:${proxy.port}`;
  server.pathname = `/${database}`;
  server.searchParams.set('authSource', 'admin');
  const app = await TestApp.start({ RU_TARGET: server.href });
  cleanups.push(() => app[Symbol.asyncDispose]());
  const source = await app.pair(fixture);
  return { proxy, app, pair: { ...source, target: 'RU_TARGET', database } };
}

function accountUri(pair: Pair, proxy: CosmosProxy): string {
  const { username, password } = new URL(pair.mongodbUri);
  return `mongodb://${username}:${password}@127.0.0.1:${proxy.port}/?authSource=admin`;
}

test('throttled and cut off, every row arrives once, nothing too early, and the limit is used', async () => {
  const { proxy, app, pair } = await startAccount({ requestUnitsPerSecond: 1_500, hints: 'sometimes', cutRate: 0.01 });
  const { code, report } = await app.migrate(pair);
  const stats = proxy.stats();
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  expect(report.environment.flavour).toBe('cosmos-ru');
  expect(stats.resentInserts).toBe(0);
  expect(stats.earlyResends).toBe(0);
  expect(stats.refusedShare).toBeLessThan(0.05);
  // How much, is measured by test/faults; a machine that is busy with other things sends less.
  expect(stats.spentShare ?? 0).toBeGreaterThan(0.4);
  // Charges are measured now and then: the report is near what the account counted for writing.
  expect(report.requestUnits ?? 0).toBeGreaterThan(stats.spentUnits * 0.5);
  expect(report.requestUnits ?? 0).toBeLessThan(stats.spentUnits * 1.3);
  expect((await compare(pair)).differences).toEqual([]);
});

test('a comparison that is refused is counted as a copy is: its requests, what was refused of them, and what it cost', async () => {
  const { proxy, app, pair } = await startAccount({ requestUnitsPerSecond: 50_000 });
  expect((await app.migrate(pair)).code).toBe(0);
  const before = proxy.stats().spentUnits;
  const { id, code, report } = await app.migrate(pair, { validateOnly: true });
  const spent = proxy.stats().spentUnits - before;
  expect(code).toBe(0);
  expect(report.requestUnits ?? 0).toBeGreaterThan(spent * 0.4);
  const server = new URL(inject('mongodbUri'));
  const refusing = await startCosmosProxy({
    upstream: { host: server.hostname, port: Number(server.port) },
    flavour: 'ru',
    seed: 11,
    failCommands: [{ commands: ['find'], code: 16_500, errmsg: 'RetryAfterMs=5', skip: 3, times: 5 }],
  });
  cleanups.push(() => refusing.stop());
  const blobs = new AzureBlobStore({ connectionString: inject('storageConnectionString') });
  const resolver = {
    resolvePostgres: async () => ({ config: { connectionString: pair.postgresUri }, display: 's', schema: null }),
    resolveMongo: async () => ({ uri: accountUri(pair, refusing), options: {}, database: pair.database, display: 't' }),
    forget: () => undefined,
  };
  const connections = new Connections(resolver as unknown as ConnectionResolver);
  cleanups.push(() => connections.close());
  const services = new Services(connections, blobs, NO_METRICS, new AbortController().signal);
  const { plan } = await services.planned(id, null);
  const message = {
    id,
    planStamp: plan.createdAt,
    request: plan.request as MigrationRequest,
    writer: null,
    notBefore: null,
  };
  const unit = { ...message, unit: 0, only: null, skip: [], since: null };
  const result = await validateUnit(services, unit, new AbortController().signal);
  expect(result).toMatchObject({ remaining: [], failures: [] });
  expect(result.throttled).toBe(5);
  expect(result.requests).toBeGreaterThan(result.throttled);
  expect(result.requestUnits).toBeGreaterThan(0);
});

test('the documents of the store plugin arrive too, throttled and cut off, with the indexes that an account takes, which does not say its throughput', async () => {
  const { proxy, app, pair } = await startAccount(
    { requestUnitsPerSecond: 4_000, serverless: true, hints: 'sometimes', cutRate: 0.01 },
    '3.17.2',
  );
  const { code, report } = await app.migrate(pair, { layout: 'mlflow' });
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  expect(report.validation.findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
  expect(proxy.stats().refusedCommandShare).toBeLessThan(0.05);
  const keys = await withTarget(pair, async (db) =>
    (await db.collection('logged_models').indexes()).map(({ key }) => Object.keys(key)),
  );
  expect(keys).toEqual([['_id'], ['experiment_id', 'creation_timestamp', '_id'], ['tags.k'], ['params.k']]);
});

test('collections that would be paid for one by one are told by a dry run, and asked for before anything is made', async () => {
  const { app, pair } = await startAccount({ throughputScope: 'collection' });
  const dry = await app.migrate(pair, {}, 'analyses');
  expect(dry.code).toBe(0);
  const told = dry.report.analysis.requestUnits;
  expect(told?.provisioned).toBeNull();
  const [, collections, sum] =
    /: (\d+) collections to be made with 400 RU\/s each, ([\d,]+) RU\/s in all/.exec(told?.meaning ?? '') ?? [];
  expect(Number(sum?.replaceAll(',', ''))).toBe(400 * Number(collections));
  const refused = await app.migrate(pair);
  expect(refused.report.problems.map(({ kind }) => kind)).toEqual(['throughput-needs-consent']);
  expect(refused.report.problems[0]?.message).toContain(`make ${collections} collections with 400 RU/s each`);
  expect(await withTarget(pair, (db) => db.listCollections().toArray())).toEqual([]);
  const allowed = await app.migrate(pair, { migration_settings: { allow_throughput: 400 * Number(collections) } });
  expect(allowed.report.problems).toEqual([]);
  expect(allowed.code).toBe(0);
  expect(await withTarget(pair, async (db) => (await db.listCollections().toArray()).length)).toBe(Number(collections));
  // All are there now: there is nothing to ask.
  expect((await app.migrate(pair)).code).toBe(0);
});

test('a wish for throughput that has no effect is told: on a serverless account, without the right to read it, without request units', async () => {
  const throughput = { migration_settings: { throughput: { during: 6_000 } } };
  const notes = async (app: TestApp, pair: Pair) => {
    const { report } = await app.migrate(pair, throughput, 'analyses');
    return report.validation.findings.filter(({ table }) => table === 'the target').map(({ message }) => message);
  };
  const serverless = await startAccount({ serverless: true });
  expect(await notes(serverless.app, serverless.pair)).toEqual([
    'migration_settings.throughput has no effect: the account is serverless',
  ]);
  const silent = await startAccount({ failCommands: [{ commands: ['customAction'], code: 13 }] });
  expect(await notes(silent.app, silent.pair)).toEqual([
    'migration_settings.throughput has no effect: the account does not let its throughput be read, so it could not be set back',
  ]);
  const plain = await silent.app.pair('1.30.1');
  expect(await notes(silent.app, plain)).toEqual([
    'migration_settings.throughput has no effect: the target is mongodb and has no request units',
  ]);
});

test('throughput is raised for the copy and restored, also when the migration is cancelled', async () => {
  const { proxy, app, pair } = await startAccount({ requestUnitsPerSecond: 400 });
  const throughput = { during: 6_000 };
  const id = await app.begin(pair, { migration_settings: { throughput } });
  await app.until(id, ({ phase }) => phase === 'copy' && proxy.stats().throughput[''] === 6_000);
  expect((await app.request('POST', `/api/migrations/${id}/cancel`)).status).toBe(202);
  const { status } = await app.end(id);
  expect(status.status).toBe('cancelled');
  expect(proxy.stats().throughput['']).toBe(400);
  const again = await app.migrate(pair, { migration_settings: { throughput } });
  expect(again.code).toBe(0);
  expect(proxy.stats().throughput['']).toBe(400);
  expect(proxy.stats().throughputUpdates).toBe(4);
  expect((await compare(pair)).differences).toEqual([]);
});

test('of two migrations at once neither takes the raised throughput for what there was before', async () => {
  const { proxy, app, pair } = await startAccount({ requestUnitsPerSecond: 400 });
  const registry = ['registered_models', 'model_versions', 'model_version_tags', 'registered_model_tags'];
  const other = { ...(await app.pair('3.17.2')), target: pair.target };
  const begin = (from: Pair, tables: readonly string[]) =>
    app.begin(from, { tables, migration_settings: { throughput: { during: 6_000 } } });
  const ids = [await begin(pair, ['experiments', 'runs', 'params', 'tags']), await begin(other, registry)];
  for (const { report, code } of await Promise.all(ids.map((id) => app.end(id)))) {
    expect(report.problems).toEqual([]);
    expect(code).toBe(0);
  }
  expect(proxy.stats().throughput['']).toBe(400);
  const record = await withTarget(pair, (db) => db.collection('_migration').findOne({ throughput: { $ne: null } }));
  expect(record?.['throughput'] ?? null).toBe(null);
});

test('of two migrations that end at the same moment one sets the throughput back', async () => {
  const { proxy, app, pair } = await startAccount({ requestUnitsPerSecond: 4_000 });
  expect((await app.migrate(pair)).code).toBe(0);
  const target = new TargetDatabase(
    { uri: accountUri(pair, proxy), options: {}, database: pair.database, display: 't' },
    4,
  );
  cleanups.push(() => target.close());
  const connections = { useTarget: async (_ref: unknown, work: (on: TargetDatabase) => Promise<void>) => work(target) };
  const { signal } = new AbortController();
  const leave = (id: string) =>
    restoreThroughput(
      { connections } as unknown as Services,
      { id, request: { throughput: { during: 6_000, after: null } } as unknown as MigrationRequest },
      signal,
    );
  for (let round = 0; round < 5; round++) {
    await changeOwnership(target, (ownership) => ({
      ...ownership,
      throughput: {
        holders: ['a', 'b'].map((migration) => ({ migration, run: 'r' })),
        before: [{ collection: null, kind: 'manual', value: 400 }],
      },
    }));
    await setThroughput(target, { collection: null, kind: 'manual', value: 6_000 }, signal);
    await Promise.all([leave('a'), leave('b')]);
    expect(proxy.stats().throughput['']).toBe(400);
    expect((await readOwnership(target))?.throughput).toBeNull();
  }
});

/** Findings, without what is only said of the source. */
const faultsOf = ({ validation }: Outcome['report']) =>
  validation.findings.filter(({ severity }) => severity === 'error');

test('an account with continuous backup, which takes unique indexes with their collections only, gets them', async () => {
  const { app, pair } = await startAccount({ continuousBackup: true });
  const { code, report } = await app.migrate(pair);
  expect(report.problems).toEqual([]);
  expect(faultsOf(report)).toEqual([]);
  expect(report.validation.indexes).toBe('ok');
  expect(code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
  const names = await withTarget(pair, (db) => db.collection('experiments').listIndexes().toArray());
  expect(names.filter(({ unique }) => unique === true)).not.toEqual([]);
});

test('a unique index that such an account refuses to a collection which is there already is a finding, and the rest goes on', async () => {
  const { app, pair } = await startAccount({ continuousBackup: true });
  await withTarget(pair, (db) => db.createCollection('experiments'));
  const { report } = await app.migrate(pair);
  expect(report.problems).toEqual([]);
  expect(report.validation.indexes).not.toBe('ok');
  expect(new Set(faultsOf(report).map(({ check, table }) => `${check} ${table}`))).toEqual(
    new Set(['indexes experiments']),
  );
  expect((await compare(pair)).differences).toEqual([]);
});

test('a run of the layout mlflow is as large as the account takes documents, and what it refuses is told by its row', async () => {
  const insert = `
    insert into runs (run_uuid, experiment_id, name, status, lifecycle_stage) values ('large', 0, 'large', 'FINISHED', 'active');
    insert into datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, dataset_profile)
      select 'large-' || i, 0, 'data ' || i, 'large', 's3', '{}', repeat(i::text, 900000 + i) from generate_series(1, 3) i;
    insert into inputs (input_uuid, source_type, source_id, destination_type, destination_id)
      select 'large-' || i, 'DATASET', 'large-' || i, 'RUN', 'large' from generate_series(1, 3) i`;
  const lengthsOf = (pair: Pair) =>
    withTarget(pair, async (db) => {
      const run = await db.collection<Document & { _id: string }>('runs').findOne({ _id: 'large' });
      return (run?.['inputs'].datasets as Document[] | undefined)?.map(({ dataset }) => dataset['profile']?.length);
    });
  const body = { layout: 'mlflow', tables: ['runs'] };
  const capable = { layout: 'mlflow', tables: ['runs'], destination: { secret: 'RU_TARGET', large_documents: true } };
  const errorsOf = ({ report }: Outcome) => report.validation.findings.filter(({ severity }) => severity === 'error');

  const small = await startAccount({ requestUnitsPerSecond: 50_000 }, '3.17.2');
  await runSql(small.pair.postgresUri, insert);
  const cut = await small.app.migrate(small.pair, body);
  expect(await lengthsOf(small.pair)).toEqual([900_001, 900_002, undefined]);
  expect(errorsOf(cut)).toEqual([
    expect.objectContaining({ key: 'large', message: expect.stringContaining('900,003 bytes are left out') }),
  ]);
  // The account has no such capability, whatever was said: its refusal costs this row and no other.
  const refused = await small.app.migrate(small.pair, { ...capable, dropTarget: true });
  expect(refused.report.tables['runs']).toMatchObject({ errors: 1 });
  expect(refused.report.tables['runs']?.migrated).toBe((cut.report.tables['runs']?.total ?? 0) - 1);
  expect(errorsOf(refused)).toContainEqual(
    expect.objectContaining({ key: 'large', message: expect.stringContaining('over its size limit') }),
  );

  const large = await startAccount({ requestUnitsPerSecond: 50_000, maxDocumentBytes: 16 * 1024 * 1024 }, '3.17.2');
  await runSql(large.pair.postgresUri, insert);
  expect(errorsOf(await large.app.migrate(large.pair, capable))).toEqual([]);
  expect(await lengthsOf(large.pair)).toEqual([900_001, 900_002, 900_003]);
});
