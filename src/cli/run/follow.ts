import { setTimeout as wait } from 'node:timers/promises';
import { isFinal, type MigrationStatus } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import { type RetryPolicy, retry } from '../../retry.ts';
import type { ApiClient } from '../app/apiClient.ts';
import { isStorageAway, type Patience, patienceWith } from './patience.ts';

/** Which run is followed, how often it is asked after, and who is told. */
export interface FollowOptions {
  readonly client: ApiClient;
  readonly id: string;
  /** Between two questions, once the run has gone on for a while; at first a third of it. */
  readonly intervalMs: number;
  /** How long the app may give no answer before the command gives up. */
  readonly patience: Patience;
  readonly signal: AbortSignal;
  readonly onStatus: (status: MigrationStatus) => void;
  /** Told once why the app gives no answer, and null once when it is back. */
  readonly onContact: (lost: string | null) => void;
}

/** A wait is a small part of what the run has taken so far, so that the end of a short one is not waited for. */
const FIRST_SHARE = 1 / 3;
const ELAPSED_SHARE = 1 / 20;

/** An app that is away is asked with waits that double up to this. */
const LONGEST_WAIT_MS = 15_000;
/** A run that was accepted a moment ago may not be written down yet: it is looked for so long. */
const TOO_EARLY_MS = 30_000;

/** Asks for the status until it is final, and returns that one. Survives an app that is away for a while. Throws the signal's reason. */
export async function follow(options: FollowOptions): Promise<MigrationStatus> {
  const { client, id, signal, intervalMs, patience } = options;
  const followedFrom = performance.now();
  let waitMs = intervalMs * FIRST_SHARE;
  let hasAnswered = false;
  let isSilent = false;
  const ask = async () => {
    signal.throwIfAborted();
    return await client.status(id);
  };
  for (;;) {
    const begunAt = performance.now();
    const whileAway: RetryPolicy = {
      waitMs: (error, retries) => {
        const isTooEarly = !hasAnswered && error instanceof MigrationError && error.kind === 'not-found';
        const limitMs = isTooEarly ? TOO_EARLY_MS : patienceWith(error, patience);
        if (limitMs === null || performance.now() - begunAt > limitMs) return null;
        const isAway = isStorageAway(error);
        if (!isSilent && (hasAnswered || isAway)) {
          isSilent = true;
          options.onContact(isAway ? error.message : 'The app does not answer');
        }
        return Math.min(LONGEST_WAIT_MS, waitMs * 2 ** (retries + 1));
      },
    };
    const status = await retry(whileAway, ask, signal);
    if (isSilent) options.onContact(null);
    isSilent = false;
    hasAnswered = true;
    options.onStatus(status);
    if (isFinal(status.status)) return status;
    const elapsedMs = performance.now() - followedFrom;
    waitMs = Math.min(intervalMs, Math.max(intervalMs * FIRST_SHARE, elapsedMs * ELAPSED_SHARE));
    await wait(waitMs, undefined, { signal });
  }
}
