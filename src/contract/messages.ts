import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import type { Problem } from '../errors.ts';
import type { SourceClock } from '../source/changes.ts';
import type { PlanResult } from '../steps/makePlan.ts';
import type { LossKind, StopReason, TableCounts, TableFailure, ToWrite } from '../steps/unitResult.ts';
import type { SourceInstant } from './facts.ts';
import type { Versioned } from './messageVersion.ts';
import type { PackedState } from './packState.ts';
import type { MigrationOutcome, TableTotals, Unlisted } from './reportModel.ts';
import type { Phase } from './status.ts';

/** What every activity answers: a value, or its failure as data, so that no retry policy hammers on what stays. */
export type Answer<T> = Versioned &
  (
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly problem: Problem; readonly isTransient: boolean }
  );

/** How often, and how at last, work on a unit ended without an answer. */
export interface Loss {
  readonly times: number;
  readonly how: LossKind;
}

/** A unit with the positions of its ranges that are left to do, null for all. */
export interface WorkItem {
  readonly unit: number;
  readonly only: readonly number[] | null;
  /** Absent where each of its attempts so far was answered. */
  readonly lost?: Loss;
}

/** `validate` compares: all rows, or, with `since`, those written since a transaction of the source. */
export type UnitKind = 'copy' | 'validate';

/** Input of one lane: units that it does one after the other. */
export interface LaneInput extends Versioned {
  readonly id: string;
  readonly plan: string;
  readonly request: MigrationRequest;
  /** Token of the run's claim, null where nothing is written. */
  readonly writer: string | null;
  /** Position in the source's write-ahead log that a host must have got to. */
  readonly notBefore: string | null;
  readonly kind: UnitKind;
  readonly items: readonly WorkItem[];
  readonly skip: readonly string[];
  readonly since: string | null;
  /** Tables that are compared as a whole all the same. */
  readonly whole?: readonly string[];
}

/** Sums over units, as a lane gives them back and the migration adds them up. */
export interface WorkSums {
  readonly tables: Readonly<Record<string, TableCounts>>;
  readonly bytes: number;
  readonly throttled: number;
  readonly requests: number;
  readonly requestUnits: number;
  readonly failures: readonly TableFailure[];
  /** Tables of which every row was read, though only changed ones were asked for. */
  readonly whole: readonly string[];
  readonly hasTypeDifference: boolean;
  readonly findingCount: number;
  /** Findings that are not listed, by table. */
  readonly unlisted?: Readonly<Record<string, Unlisted>>;
  /** Documents that a comparison which may not write found missing or different, by table. */
  readonly toWrite?: Readonly<Record<string, ToWrite>>;
}

export interface LaneResult extends WorkSums, Versioned {
  /** Items that were not done because work was stopped. */
  readonly remaining: readonly WorkItem[];
  readonly stop: StopReason | null;
  /** What ended the lane for good: no progress for the stall time. */
  readonly problem: Problem | null;
}

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

export interface MigrateInput extends Versioned {
  readonly id: string;
  readonly request: MigrationRequest;
  /** Tells one start of a name from another; absent in inputs of earlier releases. */
  readonly start?: string;
  /** Null for a new migration; packed where it is large. */
  readonly state: MigrateState | PackedState | null;
}

/** Custom status of a migration: what the status route shows beside progress. */
export interface MigrateStatus {
  readonly phase: Phase;
  readonly startedAt: string;
}

/** Output of a migration's orchestration. */
export interface MigrateOutput {
  readonly status: MigrationOutcome;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly source: string | null;
  readonly target: string | null;
  readonly tables: Readonly<Record<string, TableTotals>>;
  /** Rows that were compared with their documents to the end and seen equal, by table; null where that was not asked for. Absent in outputs of earlier releases. */
  readonly validated?: Readonly<Record<string, number>> | null;
  readonly throttled: number;
  readonly requestUnits: number | null;
  readonly problems: readonly Problem[];
  /** The phase in which it came to its end. */
  readonly endedIn: Phase | null;
}

export const NO_SUMS: WorkSums = {
  tables: {},
  bytes: 0,
  throttled: 0,
  requests: 0,
  requestUnits: 0,
  failures: [],
  whole: [],
  hasTypeDifference: false,
  findingCount: 0,
};

/**
 * Rows of before with those of a catch-up pass. Where the pass read every row of a table, its counts stand for all; elsewhere
 * rows that had no document came on top, and rows that still differ are those of before or new ones.
 */
export function addPass(before: WorkSums, pass: WorkSums): WorkSums {
  const sums = addSums(before, { ...pass, tables: {} });
  const tables: Record<string, TableCounts> = { ...before.tables };
  for (const [table, [equal, , different, repaired, inserted]] of Object.entries(pass.tables)) {
    const known = tables[table] ?? [0, 0, 0, 0, 0];
    tables[table] = pass.whole.includes(table)
      ? [equal, known[1], different, known[3] + repaired, known[4] + inserted]
      : [known[0] + inserted, known[1], Math.max(known[2], different), known[3] + repaired, known[4] + inserted];
  }
  const unlisted: Record<string, Unlisted> = { ...before.unlisted };
  for (const [table, counts] of Object.entries(pass.unlisted ?? {})) unlisted[table] = most(unlisted[table], counts);
  for (const table of pass.whole) {
    if (unlisted[table] !== undefined) unlisted[table] = pass.unlisted?.[table] ?? [0, 0, 0];
  }
  return { ...sums, tables, whole: [], unlisted };
}

/** Of findings that two steps may have met alike: no fewer than either of them. */
function most(a: Unlisted | undefined, b: Unlisted): Unlisted {
  return [Math.max(a?.[0] ?? 0, b[0]), Math.max(a?.[1] ?? 0, b[1]), Math.max(a?.[2] ?? 0, b[2])];
}

/** Tables that are kept as failed: histories carry them, and what is forgotten would be tried again. */
const MAX_FAILURES = 200;

/** Adds sums; of the failures one for each table is kept, as histories carry them. */
export function addSums(a: WorkSums, b: WorkSums): WorkSums {
  const tables: Record<string, TableCounts> = { ...a.tables };
  for (const [table, counts] of Object.entries(b.tables)) {
    const [migrated, unchanged, errors, repaired, inserted] = tables[table] ?? [0, 0, 0, 0, 0];
    tables[table] = [
      migrated + counts[0],
      unchanged + counts[1],
      errors + counts[2],
      repaired + counts[3],
      inserted + counts[4],
    ];
  }
  const failures = new Map<string, TableFailure>();
  for (const failure of [...a.failures, ...b.failures]) {
    if (!failures.has(failure.table)) failures.set(failure.table, failure);
  }
  return {
    tables,
    bytes: a.bytes + b.bytes,
    throttled: a.throttled + b.throttled,
    requests: a.requests + b.requests,
    requestUnits: a.requestUnits + b.requestUnits,
    failures: [...failures.values()].slice(0, MAX_FAILURES),
    whole: [...new Set([...a.whole, ...b.whole])],
    hasTypeDifference: a.hasTypeDifference || b.hasTypeDifference,
    findingCount: a.findingCount + b.findingCount,
    unlisted: addUp(a.unlisted ?? {}, b.unlisted ?? {}),
    toWrite: addUp(a.toWrite ?? {}, b.toWrite ?? {}),
  };
}

/** Sums of counts by table. */
function addUp<Counts extends readonly number[]>(
  a: Readonly<Record<string, Counts>>,
  b: Readonly<Record<string, Counts>>,
): Record<string, Counts> {
  const sums = { ...a } as Record<string, Counts>;
  for (const [table, counts] of Object.entries(b)) {
    const before = sums[table];
    sums[table] =
      before === undefined
        ? counts
        : (counts.map((count, index) => count + (before[index] as number)) as unknown as Counts);
  }
  return sums;
}
