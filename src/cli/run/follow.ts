import { setTimeout as wait } from 'node:timers/promises';
import { isFinal, type MigrationStatus } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import { type RetryPolicy, retry } from '../../retry.ts';
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

/** An app that is away is asked with waits that double up to this. */
const LONGEST_WAIT_MS = 15_000;
/** A run that was accepted a moment ago may not be written down yet: it is looked for so long. */
const TOO_EARLY_MS = 30_000;

/** Asks for the status until it is final, and returns that one. Survives an app that is away for a while. Throws the signal's reason. */
export async function follow(options: FollowOptions): Promise<MigrationStatus> {
  const { client, id, signal, intervalMs, patienceMs } = options;
  let waitMs = Math.min(FIRST_INTERVAL_MS, intervalMs);
  let hasAnswered = false;
  let isSilent = false;
  const ask = async () => {
    signal.throwIfAborted();
    return await client.status(id);
  };
  for (;;) {
    const begunAt = performance.now();
    const whileAway: RetryPolicy = {
      maxMs: patienceMs,
      waitMs: (error, retries) => {
        const isTooEarly = !hasAnswered && error instanceof MigrationError && error.kind === 'not-found';
        if (!isWorthRetrying(error) && !(isTooEarly && performance.now() - begunAt <= TOO_EARLY_MS)) return null;
        if (!isSilent && hasAnswered) {
          isSilent = true;
          options.onContact(false);
        }
        return Math.min(LONGEST_WAIT_MS, waitMs * 2 ** (retries + 1));
      },
    };
    const status = await retry(whileAway, ask, signal);
    if (isSilent) options.onContact(true);
    isSilent = false;
    hasAnswered = true;
    options.onStatus(status);
    if (isFinal(status.status)) return status;
    waitMs = Math.min(intervalMs, waitMs * GROWTH);
    await wait(waitMs, undefined, { signal });
  }
}
