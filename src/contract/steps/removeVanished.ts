import { z } from 'zod';
import type { StoredDigests } from '../collectionDigest.ts';
import { plannedStep, type WithRequest } from '../plannedStep.ts';
import type { Shape } from '../shape.ts';
import type { TableFailure } from '../unit.ts';

/** Deletes what looks have found and kept. Sent when all looks of the pass together found no more than may be deleted. */
export const RemoveVanishedMessage = z.object({
  ...plannedStep,
  writer: z.string(),
  /** Number of the pass: an older delivery deletes nothing once a later one has begun. */
  step: z.number(),
  /** First collection of the look whose finds are deleted. */
  from: z.number(),
  /** Looks through the same collections before it. */
  look: z.number(),
});
export type RemoveVanishedMessage = Shape<typeof RemoveVanishedMessage>;
export type RemoveVanishedInput = WithRequest<RemoveVanishedMessage>;

/** How many documents were deleted, by table, and tables where deleting was refused. The first keys are kept as a blob. */
export interface VanishedRemoved {
  readonly removed: Readonly<Record<string, number>>;
  readonly failures: readonly TableFailure[];
  /** What that changed in the digests of collections, as in `WorkSums`; absent in histories of earlier releases. */
  readonly digestChanges?: StoredDigests;
}
