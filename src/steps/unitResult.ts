import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import type { Finding, Unlisted } from '../contract/reportModel.ts';
import { type ErrorKind, isPermanent, type Problem, toProblem } from '../errors.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { putJson } from '../storage/blobs.ts';
import { addUnlisted, type FindingList } from '../validation/findingList.ts';

/** Why work stops early: the operator's word, or the process that ends. */
export type StopReason = 'suspend' | 'cancel' | 'shutdown';

/**
 * How work ended that has no answer: its process died or it threw, its time ran out, or the history that its lane was
 * replayed from did not fit the program.
 */
export type LossKind = 'died' | 'timed-out' | 'diverged';

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

/** Gathers a unit's result while its ranges are done. */
export class UnitTally {
  private readonly tables: Record<string, [number, number, number, number, number]> = {};
  private readonly findings: Finding[] = [];
  private readonly unlisted: Record<string, Unlisted> = {};
  private readonly toWrite: Record<string, ToWrite> = {};
  readonly failures: TableFailure[] = [];
  readonly remaining: number[] = [];
  bytes = 0;
  throttled = 0;
  requestUnits = 0;
  requests = 0;
  stop: StopReason | null = null;
  transient: Problem | null = null;
  fatal: Problem | null = null;
  readonly whole = new Set<string>();
  hasTypeDifference = false;

  add(table: string, migrated: number, unchanged: number, errors: number, repaired: number, inserted = 0): void {
    const [a, b, c, d, e] = this.tables[table] ?? [0, 0, 0, 0, 0];
    this.tables[table] = [a + migrated, b + unchanged, c + errors, d + repaired, e + inserted];
  }

  /** Takes the findings of a range over. */
  addFindings(table: string, { findings, unlisted }: FindingList): void {
    this.findings.push(...findings);
    if (unlisted.some((count) => count > 0)) this.unlisted[table] = addUnlisted(this.unlisted[table], unlisted);
  }

  /** Books what a migration would write. */
  addToWrite(table: string, missing: number, different: number): void {
    const [a, b] = this.toWrite[table] ?? [0, 0];
    if (missing + different > 0) this.toWrite[table] = [a + missing, b + different];
  }

  /** Books a range's failure: interrupted and transient ones leave the range to do, permanent ones fail the table. */
  fail(position: number, table: string, error: unknown, stop: StopReason | null): void {
    if (stop !== null) {
      this.remaining.push(position);
      this.stop = stop;
      return;
    }
    const problem = toProblem(error);
    if (ENDS_RUN.has(problem.kind)) {
      this.remaining.push(position);
      this.fatal = problem;
    } else if (isPermanent(error)) {
      this.failures.push({ table, problem });
    } else {
      this.remaining.push(position);
      this.transient = problem;
    }
  }

  hasFailed(table: string): boolean {
    return this.failures.some((failure) => failure.table === table);
  }

  /** Stores the findings beside the plan and gives the counts back. */
  async finish(workplace: Workplace, id: string, step: string): Promise<UnitResult> {
    if (this.findings.length > 0) await putJson(workplace.blobs, blobPaths.finding(id, step), this.findings);
    return {
      tables: this.tables,
      bytes: this.bytes,
      throttled: this.throttled,
      requestUnits: Math.round(this.requestUnits),
      requests: this.requests,
      remaining: this.remaining,
      stop: this.stop,
      failures: this.failures,
      transient: this.transient,
      fatal: this.fatal,
      whole: [...this.whole],
      hasTypeDifference: this.hasTypeDifference,
      findingCount:
        this.findings.length +
        Object.values(this.unlisted)
          .flat()
          .reduce((sum, count) => sum + count, 0),
      unlisted: this.unlisted,
      toWrite: this.toWrite,
    };
  }
}

/** Kinds that end a unit at once: every other range would meet the same. */
export const ENDS_UNIT: ReadonlySet<ErrorKind> = new Set([
  'source-unreachable',
  'target-unreachable',
  'target-throttled',
  'storage-unavailable',
  'interrupted',
  'config',
  'target-in-use',
]);

/** Kinds that end the run: this is no longer its source or its target. */
const ENDS_RUN: ReadonlySet<ErrorKind> = new Set(['config', 'target-in-use']);
