import { randomBytes } from 'node:crypto';
import { cloneDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { type Db, MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import type { StoredClaim } from '../../src/contract/claim.ts';
import type { MigrationRequest } from '../../src/contract/migrationRequest.ts';
import type { Ownership } from '../../src/contract/ownership.ts';
import type { UnitInput } from '../../src/contract/unit.ts';
import { blobPaths } from '../../src/runtime/blobPaths.ts';
import { Connections } from '../../src/runtime/connections.ts';
import { Services } from '../../src/runtime/services.ts';
import { checkCollections } from '../../src/steps/checkCollections.ts';
import { copyUnit } from '../../src/steps/copyUnit.ts';
import { findVanished } from '../../src/steps/findVanished.ts';
import { prepareTarget } from '../../src/steps/prepareTarget.ts';
import { releaseTarget } from '../../src/steps/releaseTarget.ts';
import { removeVanished } from '../../src/steps/removeVanished.ts';
import { countStanding } from '../../src/steps/report/countStanding.ts';
import { getJson } from '../../src/storage/blobStore.ts';
import { changeOwnership, MARKER_COLLECTION } from '../../src/target/ownership.ts';
import { noteMade } from '../../src/target/runClaims.ts';
import { TargetDatabase } from '../../src/target/targetDatabase.ts';
import { WriterLease } from '../../src/target/writerLease.ts';
import { beatWriter, isDead, putWriter, readWriters } from '../../src/target/writers.ts';
import { NO_METRICS } from '../../src/telemetry/metrics.ts';
import { REQUEST } from '../orchestration/request.ts';
import { templateName } from '../support/fixtures.ts';
import { MemoryBlobs } from '../support/memoryBlobs.ts';
import { runSql } from '../support/runMigration.ts';
import { wholePlan } from '../support/wholePlan.ts';

// Activities are delivered at least once, and late: what a run may not do any more, it does not do (issue: stamps and fences).

const NEVER = new AbortController().signal;
const SEEN_LONG_AGO = new Date(Date.now() - 3_600_000);
const cleanups: (() => Promise<unknown>)[] = [];
let postgresUri: string;
let db: Db;
let services: Services;
let request: MigrationRequest;
const id = 'fenced';

beforeEach(async () => {
  const name = randomBytes(6).toString('hex');
  postgresUri = await cloneDatabase(inject('postgresUri'), templateName('1.30.1'), `source_${name}`);
  const mongodbUri = withDatabase(inject('mongodbUri'), `target_${name}`);
  const client = new MongoClient(mongodbUri);
  cleanups.push(() => client.close());
  db = client.db(`target_${name}`);
  request = {
    ...REQUEST,
    source: { kind: 'secret', secret: 'FENCED_SOURCE', schema: null },
    target: { kind: 'secret', secret: 'FENCED_TARGET', database: null },
  };
  services = start({ FENCED_SOURCE: postgresUri, FENCED_TARGET: mongodbUri });
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function start(settings: Record<string, string>): Services {
  const connections = new Connections(createConnectionResolver(settings));
  cleanups.push(() => connections.close());
  return new Services(connections, new MemoryBlobs(), NO_METRICS, NEVER);
}

/** A run that has claimed its collections. */
async function begin(run: string, change: Partial<MigrationRequest> = {}) {
  const own = { ...request, ...change };
  const { stamp } = await wholePlan(services, { id, request: own });
  const input = { id, planStamp: stamp, run, request: own };
  const { writer } = await prepareTarget(services, input, NEVER);
  const unit = (number: number): UnitInput => {
    const { planStamp } = input;
    return { id, planStamp, request: own, writer, notBefore: null, unit: number, only: null, skip: [], since: null };
  };
  return { input, writer, unit };
}

const count = (collection: string): Promise<number> => db.collection(collection).countDocuments();

/** Lets a writer seem dead. */
const silence = (token: string): Promise<unknown> =>
  db
    .collection<{ _id: string }>(MARKER_COLLECTION)
    .updateOne({ _id: `writer ${token}` }, { $set: { heardAt: SEEN_LONG_AGO } });

test('a run that was taken over by its name writes nothing more', async () => {
  const first = await begin('first');
  await silence(first.writer);
  const late = new Services(services.connections, services.blobs, NO_METRICS, NEVER);
  const second = await begin('second');
  expect(second.writer).not.toBe(first.writer);
  // A unit of the first run is delivered to a process that knows nothing of what happened.
  const { fatal, remaining } = await copyUnit(late, { ...first.unit(0), planStamp: second.input.planStamp }, NEVER);
  expect(fatal?.kind ?? 'no claim').toMatch(/target-in-use|no claim/);
  expect(remaining.length).toBeGreaterThan(0);
  expect(await count('runs')).toBe(0);
  expect((await copyUnit(services, second.unit(0), NEVER)).remaining).toEqual([]);
});

test('a run that is alive is not taken over', async () => {
  const { writer } = await begin('first');
  const target = await services.connections.useTarget(request.target, async (target) => target);
  // A process that works is heard of all the time.
  const heartbeat = setInterval(() => void beatWriter(target, writer, null), 300);
  try {
    await expect(begin('second')).rejects.toMatchObject({
      kind: 'target-in-use',
      message: expect.stringContaining(`Another run named ${id} is writing to the target `),
    });
  } finally {
    clearInterval(heartbeat);
  }
});

test('what a run has released it may not write to any more', async () => {
  const { input, unit, writer } = await begin('first');
  await copyUnit(services, unit(0), NEVER);
  const before = await count('runs');
  await db.collection('runs').deleteMany({});
  await releaseTarget(services, input, NEVER);
  await releaseTarget(services, input, NEVER);
  const fresh = new Services(services.connections, services.blobs, NO_METRICS, NEVER);
  expect(before).toBeGreaterThan(0);
  expect((await copyUnit(fresh, unit(0), NEVER)).fatal).toMatchObject({
    kind: 'target-in-use',
    // Another run may have taken over and ended since: what is left in the target cannot tell.
    message: expect.stringMatching(/it was taken over by a later run, or has ended$/),
  });
  expect(await count('runs')).toBe(0);
  expect(await db.collection<{ _id: string }>(MARKER_COLLECTION).countDocuments({ _id: `writer ${writer}` })).toBe(0);
});

test('emptying the target is done once, however often it is delivered', async () => {
  await db.collection('runs').insertOne({ other: 'data' });
  const { input, unit, writer } = await begin('first', { dropTarget: true });
  await copyUnit(services, unit(0), NEVER);
  const copied = await count('runs');
  expect(copied).toBeGreaterThan(0);
  expect(await db.collection('runs').countDocuments({ other: 'data' })).toBe(0);
  const again = await prepareTarget(services, input, NEVER);
  expect(again.writer).toBe(writer);
  expect(await count('runs')).toBe(copied);
});

test('emptying that was cut short goes on with what stood there, and leaves what was made since', async () => {
  for (const name of ['runs', 'metrics']) await db.collection(name).insertOne({ other: 'data' });
  const { input } = await begin('first', { dropTarget: true });
  const uuid = await uuidOf('metrics');
  await db.collection('metrics').insertOne({ of: 'this run' });
  // As a kill between the order and its end leaves it.
  const order = { run: 'first', isDone: false, collections: [{ name: 'metrics', uuid: 'another' }] };
  await rewriteDrop(order);
  await prepareTarget(services, input, NEVER);
  expect(await db.collection('metrics').countDocuments({ of: 'this run' })).toBe(1);
  await rewriteDrop({ ...order, collections: [{ name: 'metrics', uuid: uuid }] });
  await prepareTarget(services, input, NEVER);
  expect(await db.collection('metrics').countDocuments({ of: 'this run' })).toBe(0);
  const ids = (await getJson<StoredClaim>(services.blobs, blobPaths.claim(id)))?.ids;
  expect(ids?.['metrics']).toBe(await uuidOf('metrics'));
  expect(ids?.['metrics']).not.toBe(uuid);
});

/** The server's id of a collection. */
async function uuidOf(name: string): Promise<string> {
  const [found] = await db.listCollections({ name }).toArray();
  return String((found as { info: { uuid: unknown } }).info.uuid);
}

/** Puts another order into the record of ownership, with the digest that goes with it. */
async function rewriteDrop(drop: object): Promise<void> {
  const target = await services.connections.useTarget(request.target, async (target) => target);
  await changeOwnership(target, (ownership) => ({ ...ownership, drop: drop as never }));
}

test('deletions of an earlier pass are not done once a later pass has begun', async () => {
  const { input, unit, writer } = await begin('first');
  await copyUnit(services, unit(0), NEVER);
  await runSql(postgresUri, 'delete from tags where ctid in (select ctid from tags limit 4)');
  const before = await count('tags');
  const plan = { id, planStamp: input.planStamp, request, writer };
  const look = { ...plan, notBefore: null, since: '0', incomplete: [], isLast: true, skip: [], from: 0, to: 1_000 };
  const { found } = await findVanished(services, look, NEVER);
  expect(found['tags']).toEqual({ documents: before, vanished: 4 });
  expect(await count('tags')).toBe(before);
  // The second pass deletes; the first one's delivery comes late.
  expect((await removeVanished(services, { ...plan, step: 2, from: 0, look: 0 }, NEVER)).removed).toEqual({ tags: 4 });
  await db.collection<{ _id: string }>('tags').insertOne({ _id: 'came back' });
  await expect(removeVanished(services, { ...plan, step: 1, from: 0, look: 0 }, NEVER)).rejects.toMatchObject({
    kind: 'target-in-use',
  });
  expect(await count('tags')).toBe(before - 3);
});

test('a source that is another database now ends the run before anything is written', async () => {
  const { unit } = await begin('first');
  await services.connections.close();
  const admin = inject('postgresUri');
  const name = new URL(postgresUri).pathname.slice(1);
  await runSql(admin, `drop database ${name} with (force)`);
  await cloneDatabase(admin, templateName('2.22.5'), name);
  const { fatal } = await copyUnit(services, unit(0), NEVER);
  expect(fatal).toMatchObject({ kind: 'config', message: expect.stringContaining('is another database now') });
  expect(await count('runs')).toBe(0);
});

test('a schema that bears the name of the one that the run was planned for ends it, also within a transaction', async () => {
  const { input, unit } = await begin('first');
  const { plan } = await services.planned(id, input.planStamp);
  const source = (await services.connections.useSource(request.source, async (source) => source)).expecting(
    plan.identity,
  );
  const swap = 'alter schema public rename to former; create schema public';
  const within = source.read(async () => await runSql(postgresUri, swap));
  await expect(within).rejects.toMatchObject({
    kind: 'config',
    message: expect.stringContaining('is another one now'),
  });
  const { fatal } = await copyUnit(services, unit(0), NEVER);
  expect(fatal).toMatchObject({ kind: 'config', message: expect.stringMatching(/^The schema public .*\(oid 2200\)/) });
  await runSql(postgresUri, 'drop schema public');
  await expect(source.read(async () => null)).rejects.toThrow('is not there any more');
  expect(await count('runs')).toBe(0);
  await runSql(postgresUri, 'alter schema former rename to public');
  expect((await copyUnit(services, unit(0), NEVER)).remaining).toEqual([]);
});

test('a collection that somebody put in place of a claimed one is neither written to nor emptied, by this run or the next', async () => {
  const { input, unit, writer } = await begin('first');
  await copyUnit(services, unit(0), NEVER);
  await runSql(postgresUri, 'delete from tags where ctid in (select ctid from tags limit 4)');
  const plan = { id, planStamp: input.planStamp, request, writer };
  const look = { ...plan, notBefore: null, since: '0', incomplete: [], isLast: true, skip: [], from: 0, to: 1_000 };
  expect((await findVanished(services, look, NEVER)).found['tags']?.vanished).toBe(4);
  const target = await services.connections.useTarget(request.target, async (target) => target);
  const planned = await services.planned(id, input.planStamp);
  const lease = services.lease(id, writer, target, planned.plan);
  await lease.confirm();
  await db.collection('tags').rename('ours');
  await db.collection<{ _id: string }>('theirs').insertMany([{ _id: 'theirs' }, { _id: 'too' }]);
  await db.collection('theirs').rename('tags');
  const lost = {
    kind: 'target-in-use',
    message: expect.stringMatching(/^The collection tags .* is no longer the one/),
  };
  // Also a moment after the right to write was confirmed.
  await expect(lease.checkDestructive('tags')).rejects.toMatchObject(lost);
  await lease.checkDestructive('runs');
  await expect(removeVanished(services, { ...plan, step: 1, from: 0, look: 0 }, NEVER)).rejects.toMatchObject(lost);
  await expect(findVanished(services, look, NEVER)).rejects.toMatchObject(lost);
  const check = { ...plan, notBefore: null, since: null, seen: null, skip: [], from: 0, to: 1_000 };
  await expect(checkCollections(services, check, NEVER)).rejects.toMatchObject(lost);
  const fresh = new Services(services.connections, services.blobs, NO_METRICS, NEVER);
  expect((await copyUnit(fresh, unit(0), NEVER)).fatal).toMatchObject(lost);
  expect((await countStanding(fresh, { id, request, writer }, planned, NEVER))?.counted).toMatchObject({ tags: 0 });
  await releaseTarget(services, input, NEVER);
  await expect(begin('second')).rejects.toMatchObject({
    kind: 'target-not-empty',
    message: expect.stringMatching(/already holds other data in tags$/),
  });
  expect(await count('tags')).toBe(2);
  // Put back, it is the one that was claimed.
  await db.collection('tags').drop();
  await db.collection('ours').rename('tags');
  await begin('third');
});

test('what somebody writes to a collection while it is still being made ready is not taken for its own', async () => {
  const { writer } = await begin('first');
  const target = await services.connections.useTarget(request.target, async (target) => target);
  const isBeingMade = (ownership: Ownership): Ownership => ({
    ...ownership,
    collections: ownership.collections.map((claim) => ({ ...claim, toBeMade: true })),
  });
  expect(Object.keys(await noteMade(target, writer))).toContain('tags');
  await changeOwnership(target, isBeingMade);
  await db.collection('tags').insertOne({ other: 'data' });
  await expect(noteMade(target, writer)).rejects.toMatchObject({
    kind: 'target-not-empty',
    message: expect.stringContaining('came to hold other data in tags'),
  });
});

test('a target that is gone is told as such, and nothing counts as standing there, not even the revision', async () => {
  const { input, unit, writer } = await begin('first');
  await copyUnit(services, unit(0), NEVER);
  const planned = await services.planned(id, input.planStamp);
  const ended = { id, request, writer };
  expect((await countStanding(services, ended, planned, NEVER))?.counted).toMatchObject({ alembic_version: 1 });
  await db.dropDatabase();
  const fresh = new Services(services.connections, services.blobs, NO_METRICS, NEVER);
  expect((await copyUnit(fresh, unit(0), NEVER)).fatal).toMatchObject({
    kind: 'config',
    message: expect.stringMatching(/no longer holds a record of this run of fenced \(_migration\)/),
    hint: expect.stringMatching(/^Start again without --resume/),
  });
  const counted = Object.entries((await countStanding(fresh, ended, planned, NEVER))?.counted ?? { none: 1 });
  expect(counted.filter(([, rows]) => rows > 0)).toEqual([]);
  expect(counted.length).toBeGreaterThan(5);
});

test('a writer whose machine slept, so that for its process no time has passed, looks again before it writes', async () => {
  const { databaseName } = db;
  const uri = withDatabase(inject('mongodbUri'), databaseName);
  const target = new TargetDatabase({ uri, options: {}, database: databaseName, display: 'target' }, 2);
  cleanups.push(() => target.close());
  await putWriter(target, 'sleeper', { migration: 'fenced', run: 'first' });
  const lease = new WriterLease(target, 'sleeper', 'fenced', ['runs']);
  await lease.check();
  await db.collection<{ _id: string }>(MARKER_COLLECTION).deleteOne({ _id: 'writer sleeper' });
  // Asked a moment ago.
  await lease.check();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  await expect(lease.check()).rejects.toMatchObject({ kind: 'config' });
});

test.each([
  ['dead', true],
  ['heard of', false],
] as const)(
  'a writer that was heard of in the future, as the server set its clock back, is watched and %s',
  async (_name, dies) => {
    const { databaseName } = db;
    const uri = withDatabase(inject('mongodbUri'), databaseName);
    const target = new TargetDatabase({ uri, options: {}, database: databaseName, display: 'target' }, 2);
    cleanups.push(() => target.close());
    await putWriter(target, 'token', { migration: 'fenced', run: 'first' });
    const heardAt = new Date(Date.now() + 3_600_000);
    await db.collection<{ _id: string }>(MARKER_COLLECTION).updateOne({ _id: 'writer token' }, { $set: { heardAt } });
    const [writer] = await readWriters(target, ['token']);
    if (writer === undefined) throw new Error('No writer');
    const judging = isDead(target, writer, NEVER);
    // Half a minute is long for a test: it passes at once where the writer keeps silent.
    if (dies) vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 31_000);
    else await beatWriter(target, 'token', null);
    expect(await judging).toBe(dies);
  },
);
