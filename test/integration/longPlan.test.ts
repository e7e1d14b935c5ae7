import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Plan } from '../../src/contract/plan.ts';
import { VERSIONS } from '../../src/contract/versions.ts';
import { blobPaths } from '../../src/runtime/blobPaths.ts';
import { Services } from '../../src/runtime/services.ts';
import { NO_METRICS } from '../../src/telemetry/metrics.ts';
import { MemoryBlobs } from '../support/memoryBlobs.ts';
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
