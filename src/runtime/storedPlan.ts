import { knownPlan, type Plan } from '../contract/plan.ts';
import { type BlobStore, getJson, putJson } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';

/**
 * The plan that is stored for a migration, null where there is none, or one of another version: a run makes its own.
 * Throws what storage throws.
 */
export async function readPlan(blobs: BlobStore, id: string): Promise<Plan | null> {
  const plan = await getJson<Plan>(blobs, blobPaths.plan(id));
  return plan === null ? null : knownPlan(plan);
}

/** Replaces the plan of before. */
export async function writePlan(blobs: BlobStore, plan: Plan): Promise<void> {
  await putJson(blobs, blobPaths.plan(plan.id), plan);
}
