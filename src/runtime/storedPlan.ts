import { knownPlan, type Plan } from '../contract/plan.ts';
import { isDraftOf, type PlanDraft } from '../contract/planDraft.ts';
import { type BlobStore, getJson, putJson } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';

/**
 * The plan that is stored for a migration, null where there is none, or one of another version: a run makes its own.
 * Throws what storage throws.
 */
export async function readPlan(blobs: BlobStore, id: string): Promise<Plan | null> {
  const text = await blobs.get(blobPaths.plan(id));
  return text === null ? null : planFrom(text);
}

/** The plan that a text of storage is, null for one of another version. Throws where it is none. */
export function planFrom(text: string): Plan | null {
  return knownPlan(JSON.parse(text) as Plan);
}

/** Replaces the plan of before. */
export async function writePlan(blobs: BlobStore, plan: Plan): Promise<void> {
  await putJson(blobs, blobPaths.plan(plan.id), plan);
}

/** The draft of the plan with that stamp, as far as steps before have come; null where there is none. Throws what storage throws. */
export async function readDraft(blobs: BlobStore, id: string, stamp: string): Promise<PlanDraft | null> {
  const draft = await getJson<PlanDraft>(blobs, blobPaths.draft(id));
  return isDraftOf(draft, stamp) ? draft : null;
}

/** Replaces the draft of before. */
export async function writeDraft(blobs: BlobStore, id: string, draft: PlanDraft): Promise<void> {
  await putJson(blobs, blobPaths.draft(id), draft);
}
