import { z } from 'zod';
import type { Problem } from '../errors.ts';
import type { MigrationOutcome, TableTotals } from './migrationReport.ts';
import { MigrationRequest } from './migrationRequest.ts';
import { type FollowProgress, PHASES, type Phase } from './migrationStatus.ts';
import { StoredState } from './packState.ts';
import { problem } from './problem.ts';
import { RunEvent } from './runEvent.ts';
import type { Shape } from './shape.ts';

/** What a migration's orchestration begins with, and each of its generations. */
export const MigrateInput = z.object({
  version: z.exactOptional(z.number()),
  id: z.string(),
  request: MigrationRequest,
  /** Tells one start of a name from another; absent in inputs of earlier releases. */
  start: z.exactOptional(z.string()),
  /** Null for a new migration; packed where it is large. */
  state: z.nullable(StoredState),
});
export type MigrateInput = Shape<typeof MigrateInput>;

/** Custom status of a migration: what the status route shows beside progress. */
export interface MigrateStatus {
  readonly phase: Phase;
  readonly startedAt: string;
  /** Of a run that follows its source, from its first pass on. */
  readonly follow?: FollowStatus;
  /** What happened so far; absent in statuses of earlier releases. */
  readonly events?: readonly RunEvent[];
}

/** What the passes of a run that follows its source have come to. */
export interface FollowStatus extends Omit<FollowProgress, 'lagSeconds'> {
  /** When the last pass that ended began, by the app's clock (ISO 8601): the lag is counted from there. */
  readonly lookedAt: string;
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
  /** Records that were copied, by the seconds of copying; of a comparison those that were compared, by the seconds of comparing. 0 where there is no such rate, absent in outputs of earlier releases. */
  readonly rowsPerSecond?: number;
  readonly problems: readonly Problem[];
  /** The phase in which it came to its end. */
  readonly endedIn: Phase | null;
}

/** A migration that Durable itself has ended: what is known of it from outside. */
export const ConcludeInput = z.object({
  version: z.exactOptional(z.number()),
  id: z.string(),
  request: MigrationRequest,
  /** State of its last generation, null where that was the first. */
  state: z.nullable(StoredState),
  /** ISO 8601. */
  startedAt: z.string(),
  endedAt: z.string(),
  endedIn: z.enum(PHASES),
  /** What it had noted until then, by which its phases are timed; absent in messages of earlier releases. */
  events: z.exactOptional(z.array(RunEvent)),
  problem,
  isCancelled: z.boolean(),
});
export type ConcludeInput = Shape<typeof ConcludeInput>;
