import type { MigrationRequest } from '../migrationRequest.ts';
import type { SourceClock } from '../sourceClock.ts';

/** `upTo`: the instant of the source that the target has caught up with, null before the first pass. */
export interface ReadSourceClockInput {
  readonly id: string;
  readonly plan: string;
  readonly request: MigrationRequest;
  readonly upTo: string | null;
  /** Position in the source's write-ahead log that the clock before had; null before the first. */
  readonly notBefore: string | null;
}

/** A moment of the source, and the tables that were not then what the plan was made for. */
export interface SourceMoment {
  readonly clock: SourceClock;
  readonly changedTables: readonly string[];
}
