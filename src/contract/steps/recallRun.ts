import type { PlanResult } from './makePlan.ts';

/** What storage knows of a run whose orchestration can tell nothing any more. */
export interface RecalledRun {
  /** Null where none was made, or by another version of the program. */
  readonly plan: PlanResult | null;
  /** Token of its claim, null where it has claimed nothing. */
  readonly writer: string | null;
}
