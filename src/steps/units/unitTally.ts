import { addAllDigests, type StoredDigest, type StoredDigests } from '../../contract/collectionDigest.ts';
import type { Finding, Unlisted } from '../../contract/migrationReport.ts';
import type { StopReason } from '../../contract/operatorWord.ts';
import { FINDINGS } from '../../contract/storedFindings.ts';
import { addRows, type NamedCounts, type TableCounts } from '../../contract/tableCounts.ts';
import type { CutRange, TableFailure, ToWrite, UnitResult } from '../../contract/unit.ts';
import { type ErrorKind, isPermanent, type Problem, toProblem } from '../../errors.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { putRecord } from '../../runtime/records.ts';
import type { Services } from '../../runtime/services.ts';
import type { TargetLoad } from '../../target/documentAccess.ts';
import { addUnlisted, type FindingList } from '../../validation/findingList.ts';

/** Gathers a unit's result while its ranges are done. */
export class UnitTally {
  readonly #tables: Record<string, TableCounts> = {};
  readonly #findings: Finding[] = [];
  readonly #unlisted: Record<string, Unlisted> = {};
  readonly #toWrite: Record<string, ToWrite> = {};
  readonly failures: TableFailure[] = [];
  readonly remaining: number[] = [];
  cut: CutRange | null = null;
  bytes = 0;
  #throttled = 0;
  #requestUnits = 0;
  #requests = 0;
  stop: StopReason | null = null;
  transient: Problem | null = null;
  fatal: Problem | null = null;
  readonly whole = new Set<string>();
  hasTypeDifference = false;
  byChecksum = 0;
  #digests: StoredDigests = {};
  #digestChanges: StoredDigests = {};

  /** Adds the digest of documents of a collection; `isChange`: what was changed in them. */
  addDigest(collection: string, digest: StoredDigest, isChange: boolean): void {
    if (isChange) this.#digestChanges = addAllDigests(this.#digestChanges, { [collection]: digest });
    else this.#digests = addAllDigests(this.#digests, { [collection]: digest });
  }

  /** Adds rows of a table to those before. */
  add(table: string, rows: Pick<NamedCounts, 'migrated' | 'errors'> & Partial<NamedCounts>): void {
    this.#tables[table] = addRows(this.#tables[table], rows);
  }

  /** Adds what requests have cost; also those of a range that is interrupted or fails have. */
  addLoad({ requests, throttled, requestUnits }: TargetLoad): void {
    this.#requests += requests;
    this.#throttled += throttled;
    this.#requestUnits += requestUnits;
  }

  /** Takes the findings of a range over. */
  addFindings(table: string, { findings, unlisted }: FindingList): void {
    this.#findings.push(...findings);
    if (unlisted.some((count) => count > 0)) this.#unlisted[table] = addUnlisted(this.#unlisted[table], unlisted);
  }

  /** Books what a migration would write. */
  addToWrite(table: string, missing: number, different: number): void {
    const [a, b] = this.#toWrite[table] ?? [0, 0];
    if (missing + different > 0) this.#toWrite[table] = [a + missing, b + different];
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
  async finish(services: Services, id: string, step: string): Promise<UnitResult> {
    const findings = this.#findings;
    if (findings.length > 0) await putRecord(services.blobs, blobPaths.finding(id, step), FINDINGS, { findings });
    return {
      tables: this.#tables,
      bytes: this.bytes,
      throttled: this.#throttled,
      requestUnits: Math.round(this.#requestUnits),
      requests: this.#requests,
      remaining: this.remaining,
      ...(this.cut === null ? {} : { cut: this.cut }),
      stop: this.stop,
      failures: this.failures,
      transient: this.transient,
      fatal: this.fatal,
      whole: [...this.whole],
      hasTypeDifference: this.hasTypeDifference,
      byChecksum: this.byChecksum,
      findingCount:
        this.#findings.length +
        Object.values(this.#unlisted)
          .flat()
          .reduce((sum, count) => sum + count, 0),
      unlisted: this.#unlisted,
      toWrite: this.#toWrite,
      digests: this.#digests,
      digestChanges: this.#digestChanges,
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
