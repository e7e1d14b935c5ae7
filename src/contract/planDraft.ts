import type { CollectionPlan, LayoutOptions } from './plan.ts';
import type { SourceTimeline } from './proof.ts';
import type { SourceClock } from './sourceClock.ts';
import type { SourceIdentity } from './sourceIdentity.ts';
import type { SourceSchema } from './sourceSchema.ts';
import { VERSIONS } from './versions.ts';

/** Version of the draft's shape; one of another version is not gone on with. */
const DRAFT_VERSION = VERSIONS.planDraft;

/** What was read of both ends when a plan was begun: all else in it follows from this, whichever step comes to it. */
export interface PlanBasis {
  readonly options: LayoutOptions;
  readonly schema: SourceSchema;
  /** Tables that may not be read. */
  readonly unreadable: readonly string[];
  readonly postgresVersion: string;
  readonly identity: SourceIdentity;
  readonly fingerprint: Readonly<Record<string, string>>;
  readonly clock: SourceClock;
  readonly timeline: SourceTimeline | null;
  /** As `PlanResult.quietFrom`; null where there is none. */
  readonly standstill: string | null;
}

/** How far the rows of one table are counted. */
export interface CountPosition {
  readonly rows: number;
  /** First block that was not counted. */
  readonly block: number;
  /** Blocks that the next piece has. */
  readonly size: number;
}

/** A plan under way, kept as a blob while it takes more than one step; each step begins where the one before stopped. */
export interface PlanDraft {
  readonly version: typeof DRAFT_VERSION;
  /** That of the plan to be. */
  readonly stamp: string;
  readonly basis: PlanBasis;
  /** Rows of what was counted so far, in the order in which that is done. */
  readonly counts: readonly number[];
  /** Of what is counted next; null where that was not begun. */
  readonly counting: CountPosition | null;
  /** Collections of the layout that were cut into ranges so far, in its order. */
  readonly collections: readonly CollectionPlan[];
}

/** A plan of which nothing is counted yet. */
export function newDraft(stamp: string, basis: PlanBasis): PlanDraft {
  return { version: DRAFT_VERSION, stamp, basis, counts: [], counting: null, collections: [] };
}

/** Is it a draft of the plan with that stamp, by which this release can go on? */
export function isDraftOf(draft: PlanDraft | null, stamp: string): draft is PlanDraft {
  return draft !== null && draft.version === DRAFT_VERSION && draft.stamp === stamp;
}
