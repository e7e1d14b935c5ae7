import { expect, test } from 'vitest';
import type { MigrationRequest } from '../../../src/contract/migrationRequest.ts';
import { PLAN_VERSION, type Plan } from '../../../src/contract/plan.ts';
import { blobPaths } from '../../../src/runtime/blobPaths.ts';
import type { Connections } from '../../../src/runtime/connections.ts';
import { Services } from '../../../src/runtime/services.ts';
import { putJson } from '../../../src/storage/blobStore.ts';
import { NO_METRICS } from '../../../src/telemetry/metrics.ts';
import { REQUEST } from '../../orchestration/request.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const STEP = { id: 'lab', planStamp: '2026-11-27T12:00:00.000Z' };

/** Services over storage with a plan of nothing. */
async function servicesWith(plan: Partial<Plan>): Promise<Services> {
  const blobs = new MemoryBlobs();
  const schema = { schema: 'public', serverVersion: 150_000, revisions: [], tables: [] };
  const layout = { layout: 'tables', tables: null, workspace: null };
  await putJson(blobs, blobPaths.plan('lab'), {
    version: PLAN_VERSION,
    createdAt: STEP.planStamp,
    schema,
    layout,
    ...plan,
  });
  return new Services({} as Connections, blobs, NO_METRICS, new AbortController().signal);
}

test('what was asked for stands in the plan', async () => {
  const services = await servicesWith({ request: REQUEST });
  expect(await services.request(STEP)).toEqual(REQUEST);
});

test('of a plan of an earlier release, which does not keep it, the message tells it', async () => {
  const services = await servicesWith({});
  expect(await services.request({ ...STEP, request: REQUEST })).toEqual(REQUEST);
  await expect(services.request(STEP)).rejects.toMatchObject({ kind: 'internal' });
});

test('a plan of another time is refused', async () => {
  const services = await servicesWith({ request: REQUEST, createdAt: '2026-11-27T13:00:00.000Z' });
  await expect(services.request(STEP)).rejects.toMatchObject({ kind: 'internal' });
});

test.each([2, 3] as const)(
  'a plan of version %d is worked by, whose request calls the target its destination',
  async (version) => {
    const { target: destination, ...others } = REQUEST;
    const before = await servicesWith({ request: { destination, ...others } as unknown as MigrationRequest, version });
    expect(await before.request(STEP)).toEqual(REQUEST);
  },
);

test('a plan of an unknown version is refused', async () => {
  const later = await servicesWith({ request: REQUEST, version: 5 as 4 });
  await expect(later.request(STEP)).rejects.toMatchObject({ kind: 'internal' });
});
