import type { Plan } from '../plan.ts';
import type { TableFailure } from '../unit.ts';

/** What the orchestration keeps of a plan. */
export interface PlanResult {
  readonly stamp: string;
  readonly units: number;
  readonly collections: number;
  readonly totalRows: number;
  readonly flavour: Plan['flavour'];
  readonly needsUniqueIndexesFirst: boolean;
  /** Tables that may not be read any more, though preflight could: a plan that is made anew leaves them out. */
  readonly unreadable: readonly TableFailure[];
}
