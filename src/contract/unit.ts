import { z } from 'zod';
import type { Problem } from '../errors.ts';
import type { StoredDigests } from './collectionDigest.ts';
import type { Unlisted } from './migrationReport.ts';
import type { StopReason } from './operatorWord.ts';
import { plannedStep, type WithRequest } from './plannedStep.ts';
import { problem } from './problem.ts';
import type { Shape } from './shape.ts';
import type { TableCounts } from './tableCounts.ts';
import { Unanswered } from './unanswered.ts';

/** A range that takes longer than an activity may: it is done in pieces, by the first attempts as far as they come. */
export const CutRange = z.object({
  /** In the unit. */
  position: z.number(),
  /** Everything before this key is done; null where nothing is. */
  lower: z.nullable(z.array(z.string())),
  /** Rows of a piece, or its part in 2^32 of a range of digests; null where none was done in time yet. */
  rows: z.nullable(z.number()),
  /** Attempts at the unit without an answer that the pieces were made smaller for. */
  lost: z.exactOptional(z.number()),
});
export type CutRange = Shape<typeof CutRange>;

/** Which checksums of ranges stand for the source's rows: those by the plan of that time, of rows that were read at that moment of the source (`PlanResult.quietFrom`). */
export const ChecksumsOf = z.object({ planStamp: z.string(), moment: z.string() });
export type ChecksumsOf = Shape<typeof ChecksumsOf>;

/** Input of the activities that work on a unit: names and numbers only. */
export const UnitMessage = z.object({
  ...plannedStep,
  /** Token of the run's claim on the target's collections; null where nothing is written. */
  writer: z.nullable(z.string()),
  /** Position in the source's write-ahead log that a host must have got to; null where there is one host only. */
  notBefore: z.nullable(z.string()),
  unit: z.number(),
  /** Positions of the unit's ranges that are left to do, null for all. */
  only: z.nullable(z.array(z.number())),
  /** Tables that failed for good before: their ranges are left out. */
  skip: z.array(z.string()),
  /** Catching up: only rows that were written since this transaction of the source; null for all. */
  since: z.nullable(z.string()),
  /** Passes that have ended before. */
  pass: z.exactOptional(z.number()),
  /** Tables that are compared as a whole all the same: the checks have found documents that changed without a trace. */
  whole: z.exactOptional(z.array(z.string())),
  /** A copy makes these, and a comparison goes by them; absent where rows are read that may change meanwhile. */
  checksums: z.exactOptional(ChecksumsOf),
  /** How often an attempt at this unit ended without an answer, and how the last one did; absent where none did. */
  lost: z.exactOptional(Unanswered),
  /** The range that the attempt before could not do in its time. */
  cut: z.exactOptional(CutRange),
  /** Is the unit not to be tried again? Then its tables are booked as failed by what `lost` says. */
  isGivenUp: z.exactOptional(z.boolean()),
});
export type UnitMessage = Shape<typeof UnitMessage>;
/** The same as the step gets it, see {@link plannedStep}. */
export type UnitInput = WithRequest<UnitMessage>;

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
  /** The one of them that is done in pieces, as far as it is done; absent where none is. */
  readonly cut?: CutRange;
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
  /** Documents that were compared by checksum. Absent means none. */
  readonly byChecksum?: number;
  /** All findings, listed or not. */
  readonly findingCount: number;
  /** Findings that are not listed, by table. */
  readonly unlisted?: Readonly<Record<string, Unlisted>>;
  /** Documents that a comparison which may not write found missing or different, by table. */
  readonly toWrite?: Readonly<Record<string, ToWrite>>;
  /** As in `WorkSums`. */
  readonly digests?: StoredDigests;
  readonly digestChanges?: StoredDigests;
}

/** Documents that are missing, and that differ. */
export type ToWrite = readonly [missing: number, different: number];
export const ToWrite: z.ZodType<ToWrite> = z.tuple([z.number(), z.number()]);

/** A table that is given up, with the reason. What comes after leaves it out, and the other tables go on. */
export const TableFailure = z.object({
  table: z.string(),
  problem: problem,
});
export type TableFailure = Shape<typeof TableFailure>;
