import { randomBytes } from 'node:crypto';
import { cloneDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { type Db, MongoServerSelectionError } from 'mongodb';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import type { MigrationRequest } from '../../src/contract/migrationRequest.ts';
import type { Plan } from '../../src/contract/plan.ts';
import type { ProcessProgress } from '../../src/contract/progress.ts';
import type { StoredFindings } from '../../src/contract/storedFindings.ts';
import type { UnitInput } from '../../src/contract/unit.ts';
import { blobPaths } from '../../src/runtime/blobPaths.ts';
import { Connections } from '../../src/runtime/connections.ts';
import { Services } from '../../src/runtime/services.ts';
import { copyUnit } from '../../src/steps/copyUnit.ts';
import { preflight } from '../../src/steps/preflight.ts';
import { prepareTarget } from '../../src/steps/prepareTarget.ts';
import { NO_METRICS } from '../../src/telemetry/metrics.ts';
import { REQUEST } from '../orchestration/request.ts';
import { fixtureCounts, templateName } from '../support/fixtures.ts';
import { MemoryBlobs } from '../support/memoryBlobs.ts';
import { runSql } from '../support/runMigration.ts';
import { wholePlan } from '../support/wholePlan.ts';

// An instance on Azure serves one migration after the other, and others serve the same one: what it remembers may be old.

const NEVER = new AbortController().signal;
const cleanups: (() => Promise<unknown>)[] = [];

/** Secrets by name, as a vault holds them: they may change at any time. */
let secrets: Record<string, string>;
let blobs: MemoryBlobs;
let role: string;

const request: MigrationRequest = {
  ...REQUEST,
  source: { kind: 'secret', secret: 'LIVING_SOURCE', schema: null },
  target: { kind: 'secret', secret: 'LIVING_TARGET', database: null },
  allowExisting: true,
};

beforeEach(async () => {
  const name = randomBytes(6).toString('hex');
  role = `living_${name}`;
  const source = await cloneDatabase(inject('postgresUri'), templateName('1.30.1'), `source_${name}`);
  const admin = source;
  await runSql(
    admin,
    `create role ${role} login password 'first'; grant select on all tables in schema public to ${role}`,
  );
  cleanups.push(() => runSql(admin, `drop owned by ${role}; drop role ${role}`));
  secrets = {
    LIVING_SOURCE: withPassword(source, 'first'),
    LIVING_TARGET: withDatabase(inject('mongodbUri'), `target_${name}`),
    ADMIN: admin,
  };
  blobs = new MemoryBlobs();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const withPassword = (uri: string, password: string): string => uri.replace(/\/\/[^@]*@/, `//${role}:${password}@`);

/** One process with what it remembers. */
function start(): Services {
  const connections = new Connections(createConnectionResolver(secrets));
  cleanups.push(() => connections.close());
  return new Services(connections, blobs, NO_METRICS, NEVER);
}

async function plan(services: Services): Promise<(unit: number) => UnitInput> {
  const { stamp } = await wholePlan(services, { id: 'living', request });
  const { writer } = await prepareTarget(services, { id: 'living', planStamp: stamp, run: 'r', request }, NEVER);
  return (unit) => ({
    id: 'living',
    planStamp: stamp,
    request,
    writer,
    notBefore: null,
    unit,
    only: null,
    skip: [],
    since: null,
  });
}

/** Ends the sessions of the role and gives it another password. */
async function renewPassword(password: string): Promise<void> {
  await runSql(
    secrets['ADMIN'] ?? '',
    `alter role ${pg.escapeIdentifier(role)} password '${password}';
     select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`,
  );
}

/** Does a unit as a lane does: again where a connection was lost. Gives back what failed for good. */
async function copied(process: Services, input: UnitInput): Promise<readonly string[]> {
  for (let tries = 1; tries <= 5; tries++) {
    const { failures, remaining } = await copyUnit(process, input, NEVER);
    if (failures.length > 0) return failures.map(({ problem }) => problem.kind);
    if (remaining.length === 0) return [];
  }
  return ['nothing but passing failures'];
}

test('a password that is renewed while a migration runs is taken from its secret, in every process', async () => {
  const [one, other] = [start(), start()];
  const inputOf = await plan(one);
  expect(await copied(other, inputOf(0))).toEqual([]);
  await renewPassword('second');
  secrets['LIVING_SOURCE'] = withPassword(secrets['ADMIN'] ?? '', 'second');
  for (const process of [one, other]) expect(await copied(process, inputOf(0))).toEqual([]);
});

test('a login that is refused and stands as it was is refused at once', async () => {
  const process = start();
  const inputOf = await plan(process);
  await renewPassword('second');
  expect(await copied(process, inputOf(0))).toContain('source-refused');
});

test('a unit goes on over a new client where the one to the target finds no server any more', async () => {
  const process = start();
  const inputOf = await plan(process);
  const stuck = await process.connections.useTarget(request.target, async (target) => target);
  const search = async () => Promise.reject(new MongoServerSelectionError('none', {} as never));
  vi.spyOn(stuck, 'insert').mockImplementation(() => {
    vi.spyOn(stuck, 'db', 'get').mockReturnValue({ command: search } as unknown as Db);
    return search();
  });
  expect(await copyUnit(process, inputOf(0), NEVER)).toMatchObject({ failures: [], remaining: [], transient: null });
  expect(stuck.isStuck).toBe(true);
  expect(await process.connections.useTarget(request.target, async (target) => target)).not.toBe(stuck);
});

test('a migration begins over a new client where the one to the target finds no server any more', async () => {
  const process = start();
  const stuck = await process.connections.useTarget(request.target, async (target) => target);
  const search = async () => Promise.reject(new MongoServerSelectionError('none', {} as never));
  vi.spyOn(stuck, 'db', 'get').mockReturnValue({ command: search } as unknown as Db);
  vi.spyOn(stuck, 'traits').mockImplementation(search);
  expect((await preflight(process, { id: 'living', run: 'r', request }, NEVER)).problems).toEqual([]);
  expect(stuck.isStuck).toBe(true);
});

test('a secret that was corrected is what the next migration takes', async () => {
  const [one, other] = [start(), start()];
  const right = secrets['LIVING_SOURCE'] ?? '';
  secrets['LIVING_SOURCE'] = right.replace(/:\d+\//, ':1/');
  for (const process of [one, other])
    expect(
      (await preflight(process, { id: 'living', run: 'r', request }, NEVER)).problems.map(({ kind }) => kind),
    ).toEqual(['source-unreachable']);
  secrets['LIVING_SOURCE'] = right;
  expect((await preflight(one, { id: 'living', run: 'r', request }, NEVER)).problems).toEqual([]);
  const inputOf = await plan(one);
  expect(await copied(other, inputOf(0))).toEqual([]);
});

test('progress of a migration that is started again begins anew', async () => {
  const process = start();
  const { tables } = await fixtureCounts('1.30.1');
  const most = Math.max(...Object.values(tables));
  for (let times = 0; times < 2; times++) {
    await blobs.clear(blobPaths.all('living'));
    const inputOf = await plan(process);
    const { stamp } = await wholePlan(process, { id: 'living', request, now: new Date(Date.now() + 1).toISOString() });
    const unit = { ...inputOf(0), planStamp: stamp };
    await process.heartbeat('living', stamp).during((signal) => copyUnit(process, unit, signal));
    const parts = await blobs.list(blobPaths.progress('living'));
    expect(parts).toHaveLength(1);
    const { copied } = JSON.parse(blobs.blobs.get(parts[0] ?? '') ?? '{}') as ProcessProgress;
    expect(Math.max(...Object.values(copied))).toBeLessThanOrEqual(most);
  }
});

test('what is left of a unit adds its findings to those of what was done', async () => {
  await runSql(
    secrets['ADMIN'] ?? '',
    `create table huge_1 (id text primary key, body text); create table huge_2 (id text primary key, body text);
     grant select on huge_1, huge_2 to ${role};
     insert into huge_1 values ('too long', repeat('x', 17000000)); insert into huge_2 select * from huge_1`,
  );
  const process = start();
  const inputOf = await plan(process);
  const { collections, units } = JSON.parse(blobs.blobs.get(blobPaths.plan('living')) ?? '{}') as Plan;
  const tablesOf = (unit: number) => units[unit]?.ranges.map(([collection]) => collections[collection]?.table) ?? [];
  for (const table of ['huge_1', 'huge_2', 'huge_2']) {
    const unit = units.findIndex((_unit, index) => tablesOf(index).includes(table));
    await copyUnit(process, { ...inputOf(unit), only: [tablesOf(unit).indexOf(table)] }, NEVER);
  }
  const stored = await Promise.all((await blobs.list(blobPaths.findings('living'))).map((path) => blobs.get(path)));
  const findings = stored.flatMap((text) => (JSON.parse(text ?? '') as StoredFindings).findings);
  expect(findings.map(({ table }) => table).toSorted()).toEqual(['huge_1', 'huge_2']);
});
