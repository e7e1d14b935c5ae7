import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createConnectionResolver } from '../../src/config/resolveConnection.ts';
import type { Plan } from '../../src/contract/plan.ts';
import { VERSIONS } from '../../src/contract/versions.ts';
import { blobPaths } from '../../src/runtime/blobPaths.ts';
import { Connections } from '../../src/runtime/connections.ts';
import { Services } from '../../src/runtime/services.ts';
import { NO_METRICS } from '../../src/telemetry/metrics.ts';
import { MemoryBlobs } from '../support/memoryBlobs.ts';
import { runSql } from '../support/runMigration.ts';
import { openStepPair, type StepPair } from '../support/stepPair.ts';
import { wholePlan } from '../support/wholePlan.ts';

// A plan counts and cuts for as long as its step has time, and the next step goes on with what was kept.

const NEVER = new AbortController().signal;
const ROWS = 80_000;
let opened: StepPair;

beforeAll(async () => {
  // Some eighty MB each, of rows that lie beside gaps; one of them in parts of different size.
  opened = await openStepPair(
    '3.17.2',
    // A vacuum in between adds a block to what a table takes.
    `create table long (id int primary key, filler text) with (autovacuum_enabled = false);
     create table long_parts (id int primary key, filler text) partition by range (id);
     create table long_parts_1 partition of long_parts for values from (0) to (1000) with (autovacuum_enabled = false);
     create table long_parts_2 partition of long_parts for values from (1000) to (1000000)
       with (autovacuum_enabled = false);
     insert into long select n, repeat('x', 1000) from generate_series(1, ${ROWS} * 5 / 4) n;
     delete from long where id % 5 = 0;
     insert into long_parts select n, repeat('x', 1000) from generate_series(1, ${ROWS}) n`,
  );
});
afterAll(() => opened.connections.close());

const services = (blobs: MemoryBlobs, timeoutMs?: number) =>
  new Services(opened.connections, blobs, NO_METRICS, NEVER, timeoutMs);
const planIn = (blobs: MemoryBlobs) => JSON.parse(blobs.blobs.get(blobPaths.plan('long')) ?? '') as Plan;

test.for(['tables', 'mlflow'] as const)(
  'a plan in layout %s that has no time is made piece by piece, and is the same',
  async (layout) => {
    const request = { ...opened.request, layout };
    const [hurried, unhurried] = [new MemoryBlobs(), new MemoryBlobs()];
    // Others write to the server meanwhile, so that each is of a moment of its own.
    const { steps, quietFrom: _then, ...result } = await wholePlan(services(hurried, 0), { id: 'long', request });
    expect(steps).toBeGreaterThan(5);
    const { steps: one, quietFrom: _later, ...whole } = await wholePlan(services(unhurried), { id: 'long', request });
    expect(one).toBe(1);
    expect(result).toEqual({ ...whole, stamp: result.stamp });
    const plan = planIn(hurried);
    expect(plan.tableRows).toMatchObject({ long: ROWS, long_parts: ROWS });
    const { tableRows, collections, units } = planIn(unhurried);
    expect(plan).toMatchObject({ tableRows, collections, units });
    expect(collections.find(({ table }) => table === 'long')?.ranges.length).toBeGreaterThan(1);
    expect([...hurried.blobs.keys()]).not.toContain(blobPaths.draft('long'));
  },
);

test.for(['tables', 'mlflow'] as const)(
  'a plan in layout %s counts and cuts anew only once something was written since the one before',
  async (layout) => {
    const request = { ...opened.request, layout };
    const blobs = new MemoryBlobs();
    const planned = async () => {
      // Others may be writing to the server, which stands still between their transactions.
      const result = await vi.waitUntil(
        async () => {
          const made = await wholePlan(services(blobs, 0), { id: 'long', request });
          return made.quietFrom === undefined ? null : made;
        },
        { timeout: 60_000 },
      );
      return { ...result, plan: planIn(blobs) };
    };
    const again = await vi.waitUntil(
      async () => {
        const first = await planned();
        const next = await planned();
        return next.quietFrom === first.quietFrom ? { first, next } : null;
      },
      { timeout: 120_000 },
    );
    const { first, next } = again;
    expect(next.steps).toBe(1);
    expect(next.plan).toEqual({ ...first.plan, createdAt: next.plan.createdAt });
    // What is kept and does not fit the layout any more would leave rows out.
    const path = blobPaths.planned('long');
    const kept = JSON.parse(blobs.blobs.get(path) ?? '') as { readonly collections: readonly object[] };
    const without = kept.collections.map((collection) => ({ ...collection, ranges: [] }));
    for (const collections of [[], kept.collections.slice(1), without]) {
      await blobs.put(path, JSON.stringify({ ...kept, collections }));
      const { plan, steps } = await planned();
      expect(steps).toBeGreaterThan(5);
      expect(plan).toMatchObject({ collections: first.plan.collections, tableRows: first.plan.tableRows });
    }
    await runSql(opened.pair.postgresUri, `insert into long values (${ROWS * 2}, 'new')`);
    try {
      const later = await planned();
      expect(later.steps).toBeGreaterThan(5);
      expect(later.plan.tableRows).toMatchObject({ long: ROWS + 1 });
      // Nor where something else is asked for.
      const other = await wholePlan(services(blobs, 0), {
        id: 'long',
        request: { ...request, exclude: ['long_parts'] },
      });
      expect(other.steps).toBeGreaterThan(5);
    } finally {
      await runSql(opened.pair.postgresUri, `delete from long where id = ${ROWS * 2}`);
    }
  },
);

test('what another role may not read, and left out so, is counted by the next', async () => {
  const { request, connections, pair } = opened;
  const role = `reader_${randomBytes(4).toString('hex')}`;
  const limitedUri = new URL(pair.postgresUri);
  Object.assign(limitedUri, { username: role, password: 'of-the-reader' });
  await runSql(
    pair.postgresUri,
    `create role ${role} login password 'of-the-reader';
     grant usage on schema public to ${role}; grant select on all tables in schema public to ${role};
     revoke select on tags, experiment_tags from ${role}`,
  );
  const limited = new Connections(
    createConnectionResolver({ [pair.source]: limitedUri.href, [pair.target]: pair.mongodbUri }),
  );
  const blobs = new MemoryBlobs();
  const planAs = async (as: Connections, exclude: readonly string[]) => {
    const own = new Services(as, blobs, NO_METRICS, NEVER);
    const { quietFrom } = await wholePlan(own, { id: 'long', request: { ...request, layout: 'mlflow', exclude } });
    return { quietFrom, tables: Object.keys(planIn(blobs).tableRows) };
  };
  try {
    // Others may be writing to the server: both are to be of one moment.
    const { less, all } = await vi.waitUntil(
      async () => {
        const less = await planAs(limited, ['experiment_tags', 'tags']);
        const all = await planAs(connections, []);
        return less.quietFrom !== undefined && less.quietFrom === all.quietFrom ? { less, all } : null;
      },
      { timeout: 60_000 },
    );
    expect(less.tables).not.toEqual(expect.arrayContaining(['tags']));
    expect(all.tables).toEqual(expect.arrayContaining(['experiment_tags', 'tags']));
  } finally {
    await limited.close();
    await runSql(pair.postgresUri, `drop owned by ${role}; drop role ${role}`);
  }
});

test('of a draft that another run has left nothing is taken over', async () => {
  const blobs = new MemoryBlobs();
  const { request } = opened;
  const draft = {
    version: VERSIONS.planDraft,
    stamp: 'another',
    basis: null,
    counts: [1],
    counting: null,
    collections: [],
  };
  await blobs.put(blobPaths.draft('long'), JSON.stringify(draft));
  await wholePlan(services(blobs), { id: 'long', request });
  expect(planIn(blobs).tableRows).toMatchObject({ long: ROWS });
});
