import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import type { Problem } from '../errors.ts';
import type { MigrationOutcome, TableTotals } from '../report/model.ts';
import type { Phase } from '../report/status.ts';
import type { SourceClock } from '../source/changes.ts';
import type { PlanResult } from '../work/makePlan.ts';
import type { StopReason, TableCounts, TableFailure } from '../work/unitResult.ts';

/** What every activity answers: a value, or its failure as data, so that no retry policy hammers on what stays. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem; readonly isTransient: boolean };

/** A unit with the positions of its ranges that are left to do, null for all. */
export interface WorkItem {
  readonly unit: number;
  readonly only: readonly number[] | null;
}

/** `validate` compares: all rows, or, with `since`, those written since a transaction of the source. */
export type UnitKind = 'copy' | 'validate';

/** Input of one lane: units that it does one after the other. */
export interface LaneInput {
  readonly id: string;
  readonly plan: string;
  readonly request: MigrationRequest;
  readonly kind: UnitKind;
  readonly items: readonly WorkItem[];
  readonly skip: readonly string[];
  readonly since: string | null;
}

/** Sums over units, as a lane gives them back and the migration adds them up. */
export interface WorkSums {
  readonly tables: Readonly<Record<string, TableCounts>>;
  readonly bytes: number;
  readonly throttled: number;
  readonly requests: number;
  readonly requestUnits: number;
  readonly failures: readonly TableFailure[];
  readonly hasTypeDifference: boolean;
  readonly findingCount: number;
}

export interface LaneResult extends WorkSums {
  /** Items that were not done because work was stopped. */
  readonly remaining: readonly WorkItem[];
  readonly stop: StopReason | null;
  /** What ended the lane for good: no progress for the stall time. */
  readonly problem: Problem | null;
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
  readonly checks: { readonly counts: boolean; readonly indexes: boolean; readonly references: boolean };
  /** Rows of each table when the checks counted them. */
  readonly rows: Readonly<Record<string, number>>;
  /** The source's clock at the beginning of the last pass that read everything, null before it. */
  readonly clock: SourceClock | null;
  /** Instant up to which the target equals the source, null until a catch-up has ended. */
  readonly consistentAt: string | null;
  /** The source's clock at the beginning of the catch-up pass under way, null between passes. */
  readonly passClock: SourceClock | null;
  readonly passes: number;
  /** Rows that the pass under way has brought over, and the one before it. */
  readonly changed: number;
  readonly changedBefore: number;
  /** Times that the checks were made again. */
  readonly rechecks: number;
  /** Did the target's marker stand there before, as this migration would write it? */
  readonly wasMarked: boolean;
  readonly isThroughputRaised: boolean;
  readonly seconds: { readonly copy: number; readonly indexes: number; readonly validate: number };
  readonly problems: readonly Problem[];
  readonly isCancelled: boolean;
}

export interface MigrateInput {
  readonly id: string;
  readonly request: MigrationRequest;
  /** Null for a new migration. */
  readonly state: MigrateState | null;
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
  readonly throttled: number;
  readonly requestUnits: number | null;
  readonly problems: readonly Problem[];
}

export const NO_SUMS: WorkSums = {
  tables: {},
  bytes: 0,
  throttled: 0,
  requests: 0,
  requestUnits: 0,
  failures: [],
  hasTypeDifference: false,
  findingCount: 0,
};

/** Tables that are kept as failed: histories carry them, and what is forgotten would be tried again. */
const MAX_FAILURES = 200;

/** Adds sums; of the failures one for each table is kept, as histories carry them. */
export function addSums(a: WorkSums, b: WorkSums): WorkSums {
  const tables: Record<string, TableCounts> = { ...a.tables };
  for (const [table, counts] of Object.entries(b.tables)) {
    const before = tables[table] ?? [0, 0, 0, 0];
    tables[table] = [before[0] + counts[0], before[1] + counts[1], before[2] + counts[2], before[3] + counts[3]];
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
    hasTypeDifference: a.hasTypeDifference || b.hasTypeDifference,
    findingCount: a.findingCount + b.findingCount,
  };
}
