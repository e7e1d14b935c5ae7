import type { Problem } from '../errors.ts';
import type { SourceInstant } from './facts.ts';
import type { WorkItem } from './lane.ts';
import type { SourceClock } from './sourceClock.ts';
import type { Phase } from './status.ts';
import type { PlanResult } from './steps/makePlan.ts';
import type { WorkSums } from './workSums.ts';

/** What the checks over whole collections came to. */
export interface ChecksState {
  /** When they ended (ISO 8601), null where they were not made. */
  readonly at: string | null;
  readonly counts: boolean;
  readonly indexes: boolean;
  readonly references: boolean;
  readonly orphansAsInSource: number;
  /** Tables that could not be checked. */
  readonly unchecked: readonly string[];
  /** Documents without a row, and rows without one to stand in, that were found and are not listed. */
  readonly unlisted?: number;
  /** Rows that belong into a document of a row that the source has not, by table. */
  readonly unplaced?: Readonly<Record<string, number>>;
}

/** State of a migration from one generation of its orchestration to the next. */
export interface MigrateState {
  readonly phase: Phase;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly phaseStartedAt: string;
  readonly plan: PlanResult | null;
  /** First unit or collection of the phase that is not done yet. */
  readonly next: number;
  /** Left over from windows that were stopped. */
  readonly leftover: readonly WorkItem[];
  readonly lanes: number;
  readonly copied: WorkSums;
  readonly validated: WorkSums;
  readonly checks: ChecksState;
  /** Rows of the pass under way: they are added to those of before when it ends. */
  readonly passed: WorkSums;
  /** Rows of each table when the checks counted them. */
  readonly rows: Readonly<Record<string, number>>;
  /** Documents that the checks counted, of tables whose rows are one document each in collections that hold nothing else. */
  readonly documents: Readonly<Record<string, number>>;
  /** Rows that stand in the target by the counts of the checks, of tables whose rows share documents with joined ones. */
  readonly standing?: Readonly<Record<string, number>>;
  /** The source's clock at the beginning of the last pass that read everything, null before it. */
  readonly clock: SourceClock | null;
  /** The instant that the comparison speaks of: the source's clock at the beginning of the last pass. Null until one was read. */
  readonly instant: SourceInstant | null;
  /** When the comparison began, and when its last pass was over (ISO 8601); null or absent before, and in histories of earlier releases. */
  readonly comparedFrom?: string | null;
  readonly comparedTo?: string | null;
  /** The source's clock at the beginning of the catch-up pass under way, null between passes. */
  readonly passClock: SourceClock | null;
  readonly passes: number;
  /** Rows that the pass under way has brought over, and the one before it. */
  readonly changed: number;
  readonly changedBefore: number;
  /** Times that the checks were made again. */
  readonly rechecks: number;
  /** Tables that the next pass compares as a whole, as the checks have found what no pass over changes brings. */
  readonly stale?: readonly string[];
  /** Did the target's marker stand there before, as this migration would write it? */
  readonly wasMarked: boolean;
  /** Token of the claim on the target's collections, null before there is one and where nothing is written. */
  readonly writer: string | null;
  /** May the run have claimed collections? Then it gives its right to write back at its end. */
  readonly mayHaveClaimed: boolean;
  /** Has the target been filled from this source before? */
  readonly isOurs: boolean;
  /** Is what another source brought still to be compared and counted, before it is taken over? */
  readonly isTakingOver: boolean;
  /** Times that the plan was made anew, as the source's tables had changed. */
  readonly replans: number;
  /** Tables that went on changing: nothing is claimed of them. */
  readonly shapeChanged: readonly string[];
  /** Documents that were deleted, as their row vanished, by table. */
  readonly deleted: Readonly<Record<string, number>>;
  /** Documents that a dry run found without a row, by table. */
  readonly vanished: Readonly<Record<string, number>>;
  /** Why a migration would stop before it deletes them, as a dry run found; null or absent where it would not. */
  readonly wouldRefuse?: Problem | null;
  /** The phase in which the run came to its end, null before. */
  readonly endedIn: Phase | null;
  readonly isThroughputRaised: boolean;
  readonly seconds: { readonly copy: number; readonly indexes: number; readonly validate: number };
  readonly problems: readonly Problem[];
  readonly isCancelled: boolean;
}
