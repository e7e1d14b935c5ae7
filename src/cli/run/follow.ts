import { setTimeout as wait } from 'node:timers/promises';
import { isFinal, type MigrationStatus } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import { type ApiClient, isWorthRetrying } from '../app/apiClient.ts';

/** Which run is followed, how often it is asked after, and who is told. */
export interface FollowOptions {
  readonly client: ApiClient;
  readonly id: string;
  /** Between two questions, once the run has gone on for a while. */
  readonly intervalMs: number;
  /** How long the app may stay silent before the command gives up. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  readonly onStatus: (status: MigrationStatus) => void;
  /** Told once when the app falls silent, and once when it is back. */
  readonly onContact: (isInContact: boolean) => void;
}

/** Short at first, so that a small run is not waited for; then each wait grows up to `intervalMs`. */
const FIRST_INTERVAL_MS = 200;
const GROWTH = 1.5;

const LONGEST_WAIT_MS = 15_000;

/** Asks for the status until it is final, and returns that one. Survives an app that is away for a while. */
export async function follow(options: FollowOptions): Promise<MigrationStatus> {
  const { client, id, signal } = options;
  let silentSince: number | null = null;
  let waitMs = Math.min(FIRST_INTERVAL_MS, options.intervalMs);
  let hasAnswered = false;
  for (;;) {
    signal.throwIfAborted();
    try {
      const status = await client.status(id);
      if (silentSince !== null && hasAnswered) options.onContact(true);
      silentSince = null;
      hasAnswered = true;
      waitMs = Math.min(options.intervalMs, waitMs * GROWTH);
      options.onStatus(status);
      if (isFinal(status.status)) return status;
    } catch (error) {
      // A run that was accepted a moment ago may not be written down yet.
      const isTooEarly = !hasAnswered && error instanceof MigrationError && error.kind === 'not-found';
      if (!isWorthRetrying(error) && !isTooEarly) throw error;
      const now = performance.now();
      if (silentSince === null && hasAnswered) options.onContact(false);
      silentSince ??= now;
      if (now - silentSince > (isTooEarly ? Math.min(options.patienceMs, 30_000) : options.patienceMs)) throw error;
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
    await wait(waitMs, undefined, { signal });
  }
}
