import type { Problem } from '../errors.ts';
import type { MigrationOutcome } from './migrationReport.ts';

/** Version of {@link BackReport}. Raised when a field changes its meaning. */
export const BACK_REPORT_VERSION = 1;

/** Where the rows go: to the database that the documents came from, or to an empty one of the same schema. */
export type BackInto = 'source' | 'empty';

/** What became of one table's rows. */
export interface BackTable {
  /** Documents of the collection. */
  readonly documents: number;
  /** Rows that were equal to their document already. */
  readonly equal: number;
  readonly inserted: number;
  readonly changed: number;
  /** Rows that no document has any more. */
  readonly deleted: number;
}

/** What of a document cannot stand in a row. Holds no value. */
export interface BackFault {
  readonly table: string;
  /** `_id` of the document. */
  readonly key: string;
  /** Empty where it is about the document as a whole. */
  readonly field: string;
  readonly reason: string;
}

/** Faults of one kind, counted. */
export interface BackFaultCount {
  readonly table: string;
  readonly field: string;
  readonly reason: string;
  readonly documents: number;
}

/** An experiment that has another number in PostgreSQL than its id in the target, which the column does not hold. */
export interface BackExperiment {
  readonly id: string;
  readonly name: string;
  /** As text. */
  readonly number: string;
}

/** What a run of the way back came to: what it was to write, and whether it did. */
export interface BackReport {
  readonly schemaVersion: typeof BACK_REPORT_VERSION;
  readonly id: string;
  readonly kind: 'return';
  readonly status: MigrationOutcome;
  readonly dryRun: boolean;
  /** Null where the target has no documents that could be brought back. */
  readonly layout: string | null;
  /** `host:port/database` of the documents, and of the rows that they become. */
  readonly from: string | null;
  readonly to: string | null;
  readonly into: BackInto | null;
  readonly tables: Readonly<Record<string, BackTable>>;
  readonly totals: BackTable;
  /** How many experiments get another number, and the first of them. */
  readonly experiments: { readonly count: number; readonly listed: readonly BackExperiment[] };
  /** Everything that cannot be expressed, counted; and the first of it, by key. Where there is any, nothing is written. */
  readonly faultCounts: readonly BackFaultCount[];
  readonly faults: readonly BackFault[];
  /** Digest of what is to be written: a run may be held to the plan that was agreed to. Null where there is none. */
  readonly plan: string | null;
  /** Was it written? False where there was nothing to write, too. */
  readonly isWritten: boolean;
  /** When each document was last compared with its row and equal to it (ISO 8601), in the transaction that wrote; null where that was not done. */
  readonly provenAt: string | null;
  readonly notes: readonly string[];
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly problems: readonly Problem[];
}

const NO_ROWS: BackTable = { documents: 0, equal: 0, inserted: 0, changed: 0, deleted: 0 };

/** The report's parts where nothing was found out, and nothing written. */
export const NOTHING_BACK = {
  status: 'failed',
  from: null,
  to: null,
  layout: null,
  into: null,
  tables: {},
  totals: NO_ROWS,
  experiments: { count: 0, listed: [] },
  faultCounts: [],
  faults: [],
  plan: null,
  isWritten: false,
  provenAt: null,
  notes: [],
} as const;
