import type { Problem } from '../errors.ts';
import type { Versioned } from './messageVersion.ts';
import type { MigrateState } from './migrateState.ts';
import type { MigrationOutcome, TableTotals } from './migrationReport.ts';
import type { MigrationRequest } from './migrationRequest.ts';
import type { Phase } from './migrationStatus.ts';
import type { PackedState } from './packState.ts';

/** What a migration's orchestration begins with, and each of its generations. */
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

/** A migration that Durable itself has ended: what is known of it from outside. */
export interface ConcludeInput {
  readonly id: string;
  readonly request: MigrationRequest;
  /** State of its last generation, null where that was the first. */
  readonly state: MigrateInput['state'];
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly endedIn: Phase;
  readonly problem: Problem;
  readonly isCancelled: boolean;
}
