import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import { ApiError } from './api.ts';
import type { Listing } from './listState.ts';

const POLL_MS = 1000;
const LIST_MS = 5000;
/** A series has a point a second in its first minutes, and one in many later. */
const SERIES_MS = 3000;
/** Of a tab that nobody sees. */
const HIDDEN_MS = 10_000;
const MAX_WAIT_MS = 10_000;

/** What a loop asks, and whom it tells. */
export interface Polling {
  readonly list: () => Promise<Listing>;
  readonly status: (id: string) => Promise<MigrationStatus>;
  /** Asks for what a migration did over time, and shows it. */
  readonly showSeries: (id: string, isCurrent: () => boolean) => Promise<void>;
  /** Id of the migration that is shown, null for none. Asked after each list, which may lead to a choice. */
  readonly selected: () => string | null;
  readonly showList: (listing: Listing) => void;
  readonly showStatus: (status: MigrationStatus) => void;
  /** There is none of that id. */
  readonly showMissing: (id: string) => void;
  /** A round went well. */
  readonly onSuccess: () => void;
  readonly onFailure: (error: unknown) => void;
  /** Waits, or less where something has happened. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Asks until `signal` is aborted: for the list now and then, for the migration that is shown every second until it has ended,
 * and for its series beside it. After a failure the waits grow, and the list is asked for first. What arrives after the
 * abort is not shown. One that is started again under its name, as the list tells, is asked for again.
 */
export async function poll(polling: Polling, signal: AbortSignal): Promise<void> {
  let failures = 0;
  let listedAt = 0;
  let drawnAt = 0;
  let over: string | null = null;
  while (!signal.aborted) {
    try {
      const now = Date.now();
      if (now - listedAt >= LIST_MS) {
        const listing = await polling.list();
        if (signal.aborted) return;
        listedAt = now;
        polling.showList(listing);
        if (listing.underWay.some(({ id }) => id === over)) over = null;
      }
      const id = polling.selected();
      if (id !== null && id !== over) {
        const status = await orMissing(polling.status(id));
        if (signal.aborted) return;
        if (status === null) {
          polling.showMissing(id);
          over = id;
        } else {
          polling.showStatus(status);
          const isOver = isFinal(status.status);
          if (isOver || now - drawnAt >= SERIES_MS) await polling.showSeries(id, () => !signal.aborted);
          if (signal.aborted) return;
          if (isOver || now - drawnAt >= SERIES_MS) drawnAt = now;
          over = isOver ? id : null;
        }
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

async function orMissing(status: Promise<MigrationStatus>): Promise<MigrationStatus | null> {
  try {
    return await status;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
