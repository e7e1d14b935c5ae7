import { CLAIM } from '../contract/claim.ts';
import type { Plan } from '../contract/plan.ts';
import type { PlanResult } from '../contract/steps/makePlan.ts';
import type { RecalledRun, RecallInput } from '../contract/steps/recallRun.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { getRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import { readPlan } from '../runtime/storedPlan.ts';

/**
 * What storage knows of a run that Durable itself ended. A plan of another version counts as none. Throws what storage
 * throws.
 */
export async function recallRun({ blobs }: Services, { id }: RecallInput, signal: AbortSignal): Promise<RecalledRun> {
  signal.throwIfAborted();
  const [plan, claim] = await Promise.all([readPlan(blobs, id), getRecord(blobs, blobPaths.claim(id), CLAIM)]);
  return {
    plan: plan === null ? null : resultOf(plan),
    writer: claim?.token ?? null,
  };
}

/** As it was when the plan was made, of what its end needs. */
function resultOf({ createdAt, units, collections, tableRows, flavour, request }: Plan): PlanResult {
  return {
    stamp: createdAt,
    units: units.length,
    collections: collections.length,
    totalRows: Object.values(tableRows).reduce((sum, rows) => sum + rows, 0),
    flavour,
    ...(request === undefined ? {} : { hasRequest: true }),
    unreadable: [],
  };
}
