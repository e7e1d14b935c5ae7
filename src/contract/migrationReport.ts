import type { Problem } from '../errors.ts';
import type { ArtifactMapping } from './artifactMap.ts';
import type { ArtifactSurvey } from './artifactSurvey.ts';
import type { ComparedSpan, DeletedDocuments, FINDING_CHECKS, SourceInstant } from './facts.ts';
import type { Flavour } from './flavour.ts';
import type { LayoutName } from './layoutName.ts';
import type { JudgedKind } from './runKind.ts';
import type { ValidationLevel } from './validationLevel.ts';
import type { CheckResult, RunStatus, Verdict } from './verdict.ts';
import { VERSIONS } from './versions.ts';

/** Version of the JSON that `--json` prints and the report route answers; raised when a field changes its meaning. */
export const REPORT_SCHEMA_VERSION = VERSIONS.report;

/** How a run ended, under the name that status answers and this report have for it. */
export type MigrationOutcome = RunStatus;

/** Rows of one table. `migrated` counts what `Facts.rows.migratedBy` says, `unchanged` those of them that stood in the target before. */
export interface TableTotals {
  readonly total: number;
  readonly migrated: number;
  readonly unchanged: number;
  readonly errors: number;
  readonly repaired: number;
}

/** `missing`: a row without a document; `extra`: a document without a row; `differs`: another value or type; `refused`: a row that cannot be carried. */
export type DifferenceKind = 'missing' | 'extra' | 'differs' | 'refused';

/** Something that a reader of the report must know: a difference, a row that did not arrive, a column that has no BSON counterpart. Holds no row values. */
export interface Finding {
  /** `error` decides the outcome; `note` informs. */
  readonly severity: 'error' | 'note';
  readonly check: (typeof FINDING_CHECKS)[number];
  readonly table: string;
  /** `_id` of the document, where the finding is about one row. */
  readonly key?: string;
  readonly field?: string;
  /** Types on both sides, such as `int8` and `double`. */
  readonly sourceType?: string;
  readonly targetType?: string;
  /** True where something was refused or failed, so that the table could not be looked at: nothing is known to differ. */
  readonly isFailure?: boolean;
  /** How row and document differ, where the check alone does not say it. */
  readonly kind?: DifferenceKind;
  readonly message: string;
}

/** Findings that were counted and not listed: differences, rows or values that could not be carried, notes. */
export type Unlisted = readonly [differences: number, carried: number, notes: number];

/** Analysis of a Cosmos DB target with request units. */
export interface RequestUnitEstimate {
  /** Request units that writing all documents with their indexes takes. */
  readonly total: number;
  /** RU/s that the collections share now, null where they do not, or the account does not say. */
  readonly provisioned: number | null;
  /** Seconds at the throughput now, null when unknown. */
  readonly seconds: number | null;
  /** For people: what this means, and what the collections cost that are to be made. */
  readonly meaning: string;
}

/** What a dry run finds, and what a migration reports of its source before copying. */
export interface Analysis {
  readonly tables: Readonly<
    Record<
      string,
      {
        readonly rows: number;
        readonly bytes: number;
        readonly collection: string;
        /** Rows that the table has, where only those of chosen experiments are carried; absent otherwise. */
        readonly there?: number;
      }
    >
  >;
  readonly totalRows: number;
  readonly totalBytes: number;
  readonly estimatedSeconds: number;
  readonly requestUnits: RequestUnitEstimate | null;
}

/** Documents of one table that a migration would insert, replace or delete in a target that is filled already; null where that was not counted. */
export interface WouldChange {
  readonly inserted: number | null;
  readonly replaced: number | null;
  readonly deleted: number | null;
}

/** The documents of one collection in a number for each side (`StoredDigest`): equal numbers, equal documents. */
export interface ReportedDigest {
  readonly table: string;
  /** That the target's digest is of. */
  readonly documents: number | null;
  /** Of the documents that the source's rows make, as they were compared. Null where it is not known. */
  readonly source: string | null;
  /** Of the documents as they stand. */
  readonly target: string | null;
  /** Why a side is not known; null where both are. */
  readonly unknown: string | null;
}

/** What follows a cut-over: lines for a shell that point a reader at the target, without a login, and statements that undo the fence. */
export interface AfterCutover {
  readonly reader: readonly string[];
  readonly undo: readonly string[];
}

/** The report: one object, rendered as JSON, text and HTML. Field names up to `reports` are a contract. */
export interface MigrationReport {
  readonly schemaVersion: typeof REPORT_SCHEMA_VERSION;
  readonly id: string;
  readonly kind: JudgedKind;
  /** As the verdict says. */
  readonly status: MigrationOutcome;
  readonly layout: LayoutName;
  readonly dryRun: boolean;
  /** `host:port/database`, never a user or password. */
  readonly source: string;
  readonly target: string;
  readonly tables: Readonly<Record<string, TableTotals>>;
  readonly totals: { readonly total: number; readonly migrated: number; readonly errors: number };
  readonly validation: {
    readonly counts: CheckResult;
    readonly types: CheckResult;
    readonly indexes: CheckResult;
    readonly references: CheckResult;
    readonly content: CheckResult;
    readonly schema: CheckResult;
    readonly findings: readonly Finding[];
  };
  /** Requests that the target refused with 16500/429. */
  readonly throttled: number;
  /** Request units spent, null where the target has none. */
  readonly requestUnits: number | null;
  /** `total` from start to end by the clock; those of phases without the time in which nobody worked. */
  readonly seconds: {
    readonly total: number;
    readonly copy: number;
    /** Until the last index was made, also where rows were compared meanwhile. */
    readonly indexes: number;
    /** Of the comparison what came after the last index. */
    readonly validate: number;
    /** Of `indexes` that in which rows were compared beside; absent where none were. */
    readonly beside?: number;
    /** Of `total` that in which nobody worked: the run was suspended, or its process was dead. Absent where there was none. */
    readonly rest?: number;
  };
  /** Where the three renderings are: local paths or routes. */
  readonly reports: { readonly json: string; readonly text: string; readonly html: string };
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly environment: {
    readonly program: string;
    readonly node: string;
    readonly postgres: string;
    readonly target: string;
    readonly flavour: Flavour;
    readonly schema: string;
    /** Alembic revision(s), null where the source has no alembic_version. */
    readonly revision: string | null;
    /** MLflow releases of that revision, such as `3.17`, null when unknown. */
    readonly mlflowRelease: string | null;
  };
  readonly settings: {
    readonly batchSize: number | 'auto';
    readonly validate: ValidationLevel;
    readonly parallel: number;
    readonly tables: readonly string[] | null;
    /** Tables that were left out; absent in reports of before. */
    readonly exclude?: readonly string[];
    readonly workspace: string | null;
    /** Names or ids of the experiments that alone were carried, null for all; absent in reports of before. */
    readonly experiments?: readonly string[] | null;
    /** The map of artifact locations; absent where there is none. */
    readonly artifacts?: readonly ArtifactMapping[];
  };
  readonly bytes: number;
  readonly analysis: Analysis;
  /** What the map of artifact locations met; absent without a map, null where that was not counted. */
  readonly artifacts?: ArtifactSurvey | null;
  /** Findings beyond this many are counted, not listed. */
  readonly findingsOmitted: number;
  /** What ended a migration that failed. */
  readonly problems: readonly Problem[];
  /** Instant up to which the target equals the source (ISO 8601), null where that is not proven: the verdict's `equalUpTo`. */
  readonly consistentAt: string | null;
  /** The instant of the source that the comparison speaks of, null where its clock was not read. */
  readonly instant: SourceInstant | null;
  /** When its documents were compared, each at some moment of it; null where contents were not. */
  readonly compared: ComparedSpan | null;
  /** Documents that this run deleted because their row is gone, by table. */
  readonly deleted: Readonly<Record<string, DeletedDocuments>>;
  /** Collections that may hold other data. */
  readonly sharedCollections: readonly string[];
  /** By collection, of a run that compared all rows; empty otherwise, absent in reports of before. */
  readonly digests?: Readonly<Record<string, ReportedDigest>>;
  /** Of a dry run over a filled target, by table; null otherwise. */
  readonly wouldChange: Readonly<Record<string, WouldChange>> | null;
  /** Of a run that ended with a cut-over; absent of others. */
  readonly afterCutover?: AfterCutover;
  /** All that is claimed: renderers print it and conclude nothing from the figures. */
  readonly verdict: Verdict;
}
