import type { MigrationStatus } from './migrationStatus.ts';
import type { OperatorWord } from './operatorWord.ts';
import type { RunEvent } from './runEvent.ts';

/** Something that happened in a run: what its orchestration noted, what an operator asked for, when the target refused, how it ended. */
export type TimelineEvent =
  | RunEvent
  | { readonly at: string; readonly what: 'word'; readonly word: OperatorWord['word']; readonly by: string | null }
  /** Refused requests, from `at` until `until`. */
  | { readonly at: string; readonly what: 'refused'; readonly until: string; readonly count: number }
  | { readonly at: string; readonly what: 'ended'; readonly status: MigrationStatus['status'] };

/** Answer of `GET /api/migrations/{id}/series`: a run over time, as columns of the same length, the earliest first. */
export interface MigrationSeries {
  readonly id: string;
  /** Length of the stretches of time that the figures are averages over; those in which nothing happened are left out. */
  readonly stepSeconds: number;
  /** When each stretch began, in seconds since 1970. */
  readonly at: readonly number[];
  readonly rowsPerSecond: readonly number[];
  readonly bytesPerSecond: readonly number[];
  readonly requestUnitsPerSecond: readonly number[];
  /** Requests that the target refused in the stretch. */
  readonly refused: readonly number[];
  /** The most that the target was behind its source in the stretch; null where nobody looked. */
  readonly lagSeconds: readonly (number | null)[];
  /** RU/s that the target has; null where it charges none, or does not say. */
  readonly requestUnitsLimit: number | null;
  /** Versions of this program and of both ends; null before these were looked at. */
  readonly versions: { readonly program: string; readonly postgres: string | null; readonly target: string | null };
  /** What happened when, the earliest first. */
  readonly events: readonly TimelineEvent[];
}
