import type { Problem } from '../errors.ts';
import type { ArtifactMapping } from './artifactMap.ts';
import type { LayoutName } from './layoutName.ts';
import type { MigrationOutcome } from './migrationReport.ts';
import type { RunKind } from './runKind.ts';

/**
 * Phases in their order; a run passes through some of them (src/functions/runPhases.ts). `done` is no phase of the
 * orchestration: the status shows it once a run has ended.
 */
export const PHASES = [
  'preflight',
  'plan',
  'copy',
  'indexes',
  'validate',
  'catch-up',
  'follow',
  'report',
  'done',
] as const;
export type Phase = (typeof PHASES)[number];

/** Progress of one table: rows of the source, rows copied and rows validated so far. */
export interface TableProgress {
  readonly total: number;
  readonly copied: number;
  readonly validated: number;
  readonly errors: number;
}

/** How far a target that follows its source is. */
export interface FollowProgress {
  /** The source's time up to which everything was brought over (ISO 8601); null where it tells none, or something was not. */
  readonly equalAt: string | null;
  /** Seconds since then, by the clock of the app. */
  readonly lagSeconds: number;
  /** Passes since the proof, and rows that they brought over: all of them, and the last one. */
  readonly passes: number;
  readonly rows: number;
  readonly lastRows: number;
  /** Seconds that the last pass took; absent before the first. */
  readonly passSeconds?: number;
  /** Rows that could not be brought over when passes met them, and tables that failed in the last one; absent where there are none. The cut-over looks at them again. */
  readonly missed?: number;
  /** Why a cut-over that was asked for goes on: rows that its last pass brought over, sessions that were writing, prepared transactions. Absent where none waits. */
  readonly held?: { readonly rows: number; readonly writers: number; readonly prepared: number };
}

/**
 * Statuses of a run that is not at its end. `suspending`, `resuming` and `cancelling`: that was asked for and is not so yet;
 * `interrupted`: its process is dead, and it goes on when asked to.
 */
const UNDER_WAY = ['pending', 'running', 'suspending', 'suspended', 'resuming', 'cancelling', 'interrupted'] as const;
type UnderWay = (typeof UNDER_WAY)[number];

/** All that a run can be. */
export const STATUSES = [
  ...UNDER_WAY,
  'completed',
  'completed-with-errors',
  'failed',
  'cancelled',
] as const satisfies readonly MigrationStatus['status'][];

/** True for a status after which nothing more happens. */
export function isFinal(status: MigrationStatus['status']): boolean {
  return !UNDER_WAY.some((one) => one === status);
}

/** Answer of `GET /api/migrations/{id}`. */
export interface MigrationStatus {
  readonly id: string;
  readonly name: string;
  readonly status: UnderWay | MigrationOutcome;
  /** What was asked for. */
  readonly kind: RunKind;
  readonly phase: Phase;
  /** The phases of this run in their order: a comparison copies nothing, a dry run does neither. */
  readonly phases: readonly Phase[];
  /** The phase in which the run came to its end; null before, and where that is not known. */
  readonly endedIn: Phase | null;
  readonly dryRun: boolean;
  readonly source: string | null;
  readonly target: string | null;
  readonly layout: LayoutName;
  /** Names or ids of the experiments that alone are carried, null for all. */
  readonly experiments: readonly string[] | null;
  /** The map of artifact locations; absent where there is none. */
  readonly artifacts?: readonly ArtifactMapping[];
  readonly tables: Readonly<Record<string, TableProgress>>;
  readonly totals: {
    readonly total: number;
    readonly copied: number;
    readonly validated: number;
    readonly errors: number;
  };
  /** Rows among those copied or compared that are met once more, as their ranges were broken off; it falls while they are, and the others stand still. Absent where there are none. */
  readonly again?: number;
  /** Over the last few seconds, without what stood in the target before. Of a run that has ended what it copied by the seconds of copying, of a comparison what it compared by those of comparing; 0 where that is nothing. */
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly throttled: number;
  readonly requestUnits: number | null;
  /** 0 to 100 over the phases from copying to validation, each by the share of the time that the plan gives it. */
  readonly percent: number;
  /** For the same phases; null where nothing is moved, and in the first seconds of a phase, whose pace says nothing of the rest. */
  readonly secondsLeft: number | null;
  /** Collections that have their indexes, of how many; null but while they are built. Absent in answers of earlier releases. */
  readonly indexes?: { readonly done: number; readonly total: number } | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** When work on it last gave a sign of life (ISO 8601), which it does once a second; null before the first one. */
  readonly lastSignAt: string | null;
  /** The same where it should be at work and has missed some of them; null where all is well. Absent in answers of earlier releases. */
  readonly silentSince?: string | null;
  /** Which members of the target's replica set do not answer, such as `no answer from HOST:PORT since 10:15:00 UTC`; null where all do. Absent in answers of earlier releases. */
  readonly targetSilence?: string | null;
  /** Null where the run does not follow its source, and before it does. Absent in answers of earlier releases. */
  readonly follow?: FollowProgress | null;
  readonly failures: readonly Problem[];
  readonly links: {
    readonly self: string;
    readonly report: string;
    /** Absent in answers of earlier releases, as is that of the differences. */
    readonly manifest?: string;
    readonly differences?: string;
    readonly cancel: string;
    readonly suspend: string;
    readonly resume: string;
    readonly cutover: string;
    /** These are absent in answers of earlier releases. */
    readonly series?: string;
    readonly request?: string;
  };
}

/** Answer of `GET /api/migrations`. */
export interface MigrationList {
  /** The latest, newest first. */
  readonly migrations: readonly MigrationStatus[];
  /** Route of those before them, null where there are none. */
  readonly next: string | null;
}
