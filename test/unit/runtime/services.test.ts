import { expect, test } from 'vitest';
import { PLAN_VERSION, type Plan } from '../../../src/contract/plan.ts';
import { blobPaths } from '../../../src/runtime/blobPaths.ts';
import type { Connections } from '../../../src/runtime/connections.ts';
import { Services } from '../../../src/runtime/services.ts';
import { putJson } from '../../../src/storage/blobStore.ts';
import { NO_METRICS } from '../../../src/telemetry/metrics.ts';
import { REQUEST } from '../../orchestration/request.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const STEP = { id: 'lab', plan: '2026-11-27T12:00:00.000Z' };

/** Services over storage with a plan of nothing. */
async function servicesWith(plan: Partial<Plan>): Promise<Services> {
  const blobs = new MemoryBlobs();
  const schema = { schema: 'public', serverVersion: 150_000, revisions: [], tables: [] };
  const layout = { layout: 'tables', tables: null, workspace: null };
  await putJson(blobs, blobPaths.plan('lab'), { version: PLAN_VERSION, createdAt: STEP.plan, schema, layout, ...plan });
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

test('a plan of the version before is worked by, one of any other is refused', async () => {
  const before = await servicesWith({ request: REQUEST, version: 2 });
  expect(await before.request(STEP)).toEqual(REQUEST);
  const later = await servicesWith({ request: REQUEST, version: 4 as 3 });
  await expect(later.request(STEP)).rejects.toMatchObject({ kind: 'internal' });
});
