import { PLAN_VERSION, type Plan } from '../contract/plan.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import type { StoredClaim, Workplace } from '../runtime/workplace.ts';
import { getJson } from '../storage/blobs.ts';
import type { PlanResult } from './makePlan.ts';

/** What storage knows of a run whose orchestration can tell nothing any more. */
export interface RecalledRun {
  /** Null where none was made, or by another version of the program. */
  readonly plan: PlanResult | null;
  /** Token of its claim, null where it has claimed nothing. */
  readonly writer: string | null;
}

export async function recallRun({ blobs }: Workplace, { id }: { readonly id: string }): Promise<RecalledRun> {
  const [plan, claim] = await Promise.all([
    getJson<Plan>(blobs, blobPaths.plan(id)),
    getJson<StoredClaim>(blobs, blobPaths.claim(id)),
  ]);
  return {
    plan: plan === null || plan.version !== PLAN_VERSION ? null : resultOf(plan),
    writer: claim?.token ?? null,
  };
}

/** As it was when the plan was made, of what its end needs. */
function resultOf({ createdAt, units, collections, tableRows, flavour }: Plan): PlanResult {
  return {
    stamp: createdAt,
    units: units.length,
    collections: collections.length,
    totalRows: Object.values(tableRows).reduce((sum, rows) => sum + rows, 0),
    flavour,
    needsUniqueIndexesFirst: false,
    unreadable: [],
  };
}
