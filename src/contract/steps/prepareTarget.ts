import { z } from 'zod';
import { plannedStep, type WithRequest } from '../plannedStep.ts';
import type { Shape } from '../shape.ts';

/** Claims the collections and makes them. `run` is when the run began (ISO 8601): a repeat finds its own claim by it. */
export const PrepareMessage = z.object({
  ...plannedStep,
  /** Tells this run of the migration from others. */
  run: z.string(),
});
export type PrepareMessage = Shape<typeof PrepareMessage>;
export type PrepareInput = WithRequest<PrepareMessage>;

/** What preparing came to. */
export interface PreparedTarget {
  /** Token of the claim: whoever writes shows it. */
  readonly writer: string;
  /** Did the source's revision stand there before, as this migration writes it? */
  readonly wasMarked: boolean;
}
