import type { Problem } from '../errors.ts';
import type { LossKind } from './loss.ts';
import type { MigrationRequest } from './migrationRequest.ts';
import type { StopReason } from './operatorWord.ts';
import type { Unlisted } from './reportModel.ts';

/** Input of the activities that work on a unit: names and numbers only. */
export interface UnitInput {
  readonly id: string;
  /** Time of the plan's making; another plan of the same id is refused. */
  readonly plan: string;
  readonly request: MigrationRequest;
  /** Token of the run's claim on the target's collections; null where nothing is written. */
  readonly writer: string | null;
  /** Position in the source's write-ahead log that a host must have got to; null where there is one host only. */
  readonly notBefore: string | null;
  readonly unit: number;
  /** Positions of the unit's ranges that are left to do, null for all. */
  readonly only: readonly number[] | null;
  /** Tables that failed for good before: their ranges are left out. */
  readonly skip: readonly string[];
  /** Catching up: only rows that were written since this transaction of the source; null for all. */
  readonly since: string | null;
  /** Tables that are compared as a whole all the same: the checks have found documents that changed without a trace. */
  readonly whole?: readonly string[];
  /** How often an attempt at this unit ended without an answer, and how the last one did; absent where none did. */
  readonly lost?: { readonly times: number; readonly how: LossKind };
  /** Is the unit not to be tried again? Then its tables are booked as failed by what `lost` says. */
  readonly isGivenUp?: boolean;
}

/**
 * Rows of one table: copied or seen equal, of them unchanged, errors, repaired, of them rows that had no document. An array,
 * as it stands in history for every unit.
 */
export type TableCounts = readonly [
  migrated: number,
  unchanged: number,
  errors: number,
  repaired: number,
  inserted: number,
];

/** What one unit came to: a few hundred bytes. */
export interface UnitResult {
  readonly tables: Readonly<Record<string, TableCounts>>;
  readonly bytes: number;
  readonly throttled: number;
  readonly requestUnits: number;
  /** Requests that the throttled ones are counted against. */
  readonly requests: number;
  /** Positions of ranges that were not done: work was interrupted, or a fresh attempt may cure what failed. */
  readonly remaining: readonly number[];
  /** Why work was stopped before its end, null where it was not. */
  readonly stop: StopReason | null;
  /** Tables that a fresh attempt cannot cure. */
  readonly failures: readonly TableFailure[];
  /** Why there are remaining ranges, where work was not interrupted. */
  readonly transient: Problem | null;
  /** What no other unit of this run can do better with: another source or target stands behind the address, or another run has taken over. */
  readonly fatal: Problem | null;
  /** Tables of which every row was read, though only changed ones were asked for. */
  readonly whole: readonly string[];
  readonly hasTypeDifference: boolean;
  /** All findings, listed or not. */
  readonly findingCount: number;
  /** Findings that are not listed, by table. */
  readonly unlisted?: Readonly<Record<string, Unlisted>>;
  /** Documents that a comparison which may not write found missing or different, by table. */
  readonly toWrite?: Readonly<Record<string, ToWrite>>;
}

export type ToWrite = readonly [missing: number, different: number];

export interface TableFailure {
  readonly table: string;
  readonly problem: Problem;
}
