import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import type { Api } from './api.ts';

const POLL_MS = 1000;
const LIST_MS = 5000;
/** Of a tab that nobody sees. */
const HIDDEN_MS = 10_000;
const MAX_WAIT_MS = 10_000;

/** Whom a loop asks about what, and whom it tells. */
export interface Polling {
  readonly api: Pick<Api, 'list' | 'status'>;
  /** Id of the migration that is shown, null for none. Asked after each list, which may lead to a choice. */
  readonly selected: () => string | null;
  readonly showList: (migrations: readonly MigrationStatus[]) => void;
  readonly showStatus: (status: MigrationStatus) => void;
  /** A round went well. */
  readonly onSuccess: () => void;
  readonly onFailure: (error: unknown) => void;
  /** Waits, or less where something has happened. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Asks until `signal` is aborted: for the list now and then, for the migration that is shown every second until it has ended.
 * After a failure the waits grow, and the list is asked for first. What arrives after the abort is not shown.
 */
export async function poll(polling: Polling, signal: AbortSignal): Promise<void> {
  let failures = 0;
  let listedAt = 0;
  let ended: string | null = null;
  while (!signal.aborted) {
    try {
      const now = Date.now();
      if (now - listedAt >= LIST_MS) {
        const migrations = await polling.api.list();
        if (signal.aborted) return;
        listedAt = now;
        polling.showList(migrations);
      }
      const id = polling.selected();
      if (id !== null && id !== ended) {
        const status = await polling.api.status(id);
        if (signal.aborted) return;
        polling.showStatus(status);
        ended = isFinal(status.status) ? id : null;
      }
      failures = 0;
      polling.onSuccess();
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      listedAt = 0;
      polling.onFailure(error);
    }
    if (signal.aborted) return;
    const waitMs = failures > 0 ? Math.min(MAX_WAIT_MS, POLL_MS * 2 ** (failures - 1)) : POLL_MS;
    await polling.pause(document.hidden ? Math.max(waitMs, HIDDEN_MS) : waitMs);
  }
}
