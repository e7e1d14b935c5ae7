import { z } from 'zod';
import { plannedStep, type WithRequest } from '../plannedStep.ts';
import type { Shape } from '../shape.ts';
import type { SourceClock } from '../sourceClock.ts';

/** `upTo`: the instant of the source that the target has caught up with, null before the first pass. */
export const ReadSourceClockMessage = z.object({
  ...plannedStep,
  upTo: z.nullable(z.string()),
  /** Position in the source's write-ahead log that the clock before had; null before the first. */
  notBefore: z.nullable(z.string()),
  /** Is it asked for how many sessions are writing? Absent means no. */
  countsWriters: z.exactOptional(z.boolean()),
});
export type ReadSourceClockMessage = Shape<typeof ReadSourceClockMessage>;
export type ReadSourceClockInput = WithRequest<ReadSourceClockMessage>;

/** A moment of the source, and the tables that were not then what the plan was made for. */
export interface SourceMoment {
  readonly clock: SourceClock;
  readonly changedTables: readonly string[];
  /** As `PlanResult.quietFrom`, of this moment; absent where the source does not stand still. */
  readonly standstill?: string;
  /** Has the source's one host another history than when the plan was made: it has failed over, or was restored? Absent where that is not so, or not known. */
  readonly isElsewhere?: true;
  /** Sessions that held a lock to write; absent where that was not asked for. */
  readonly writers?: number;
}
