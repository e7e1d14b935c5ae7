import { z } from 'zod';
import type { Shape } from '../shape.ts';
import type { PlanResult } from './makePlan.ts';

/** What storage knows of a run whose orchestration can tell nothing any more. */
export interface RecalledRun {
  /** Null where none was made, or by another version of the program. */
  readonly plan: PlanResult | null;
  /** Token of its claim, null where it has claimed nothing. */
  readonly writer: string | null;
}

/** Sent for a run that Durable itself ended: the id is all that is sure then. */
export const RecallInput = z.object({ id: z.string() });
export type RecallInput = Shape<typeof RecallInput>;
