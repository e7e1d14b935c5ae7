import type { MigrationStatus } from '../../contract/migrationStatus.ts';

/** Passes that bring over something are told at once after quiet ones, and while one follows the other so often. */
const BUSY_MS = 60_000;
/** How often a run that follows its source is told where nothing happens. */
const QUIET_MS = 5 * 60_000;
/** A target that is further behind than this is told, and that it has caught up again. */
const LATE_SECONDS = 5 * 60;

/**
 * Chooses what is worth a line of a run that follows its source, where lines are kept: a run of a week has a hundred thousand
 * passes, of which most find nothing. One object per run.
 */
export class FollowLines {
  #state = '';
  #rows = 0;
  #toldMs = Number.NEGATIVE_INFINITY;
  #changedMs = Number.NEGATIVE_INFINITY;

  /** Takes in a status that was answered at a time in milliseconds, of any origin; true where it is to be told. */
  isWorthTelling({ status, targetSilence, totals, follow }: MigrationStatus, nowMs: number): boolean {
    if (!follow) return true;
    const { missed = 0, held, lagSeconds, rows } = follow;
    const isLate = lagSeconds > LATE_SECONDS;
    const state = [status, targetSilence ?? '', totals.errors, missed, held !== undefined, isLate].join(' ');
    const isChanged = rows !== this.#rows && nowMs - this.#changedMs >= BUSY_MS;
    if (state === this.#state && !isChanged && nowMs - this.#toldMs < QUIET_MS) return false;
    if (rows !== this.#rows) this.#changedMs = nowMs;
    this.#state = state;
    this.#rows = rows;
    this.#toldMs = nowMs;
    return true;
  }
}
