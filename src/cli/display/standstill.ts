import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import { aboutTime } from '../../report/aboutTime.ts';

/** Batches come faster than this wherever anything goes on at all. */
const WORTH_TELLING_MS = 10_000;
/** Ends that answer are looked at sooner, where their tables are not huge. */
const CHECK_WORTH_TELLING_MS = 5_000;

/** Without a time, so that a log has it once. */
const ASKED_AGAIN = 'still: an end that has not answered is asked again for a while';

/** Notices that a run which should move rows moves none, or that its ends are long in answering: both may be away, and nobody else says so. One object per run. */
export class Standstill {
  #last = '';
  #sinceMs = 0;

  /** Takes in a status that was answered at a time in milliseconds, of any origin; says for how long nothing has moved or what is waited for, null where it is not worth telling. */
  add({ phase, status, totals, again = 0 }: MigrationStatus, atMs: number): string | null {
    const now = `${phase} ${status} ${totals.copied} ${totals.validated} ${again}`;
    if (now !== this.#last) {
      this.#last = now;
      this.#sinceMs = atMs;
    }
    const stillMs = atMs - this.#sinceMs;
    // Which end it is, the app says once both have had their time.
    if (status === 'running' && phase === 'preflight') return stillMs >= CHECK_WORTH_TELLING_MS ? ASKED_AGAIN : null;
    const isMoving = status === 'running' && (phase === 'copy' || phase === 'validate');
    return isMoving && stillMs >= WORTH_TELLING_MS ? `nothing has moved for ${aboutTime(stillMs / 1000)}` : null;
  }
}
