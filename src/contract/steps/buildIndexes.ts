import { z } from 'zod';
import { plannedStep, type WithRequest } from '../plannedStep.ts';
import type { Shape } from '../shape.ts';

/**
 * Indexes of the collections from `from` up to `to` (exclusive), by their positions in the plan; `writer` is the token
 * of the claim.
 */
export const IndexMessage = z.object({
  ...plannedStep,
  writer: z.string(),
  from: z.number(),
  to: z.number(),
});
export type IndexMessage = Shape<typeof IndexMessage>;
export type IndexInput = WithRequest<IndexMessage>;

/** What became of the indexes. */
export interface IndexesBuilt {
  /** Are there some left, as the time of the step was up? The same step goes on with them; those that are being built it waits for. */
  readonly isLeft: boolean;
}
