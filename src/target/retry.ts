import { setTimeout as sleep } from 'node:timers/promises';
import { type FailureKind, failureKind, toldWait } from './failureKind.ts';

/** Which failures are tried again, how often or for how long, and the wait before the next try. */
export interface RetryPolicy {
  readonly kinds: readonly FailureKind[];
  /** Tries after the first at most. */
  readonly maxRetries?: number;
  /** No further try this long after the first began. */
  readonly maxMs?: number;
  /** Milliseconds to wait after so many retries, never fewer than the failure names. */
  waitMs(retries: number, error: unknown): number;
}

/** Wait after lost connections: doubled each time up to 5 s, and spread so that those that were cut at once do not come back at once. */
export function lostConnectionWaitMs(retries: number): number {
  return Math.min(5_000, 100 * 2 ** retries) * (0.75 + Math.random() / 2);
}

/** Lost connections of one piece of work after which it fails. */
export const MAX_LOST_CONNECTIONS = 12;

/** For what takes several requests: it is begun again where a connection was lost on the way. */
export const AFTER_LOST_CONNECTIONS: RetryPolicy = {
  kinds: ['unknown'],
  maxRetries: MAX_LOST_CONNECTIONS,
  waitMs: lostConnectionWaitMs,
};

/** For questions before a migration has a pace: asked again for a minute, never before the time that the refusal told. */
export const AFTER_REFUSALS: RetryPolicy = {
  kinds: ['throttled'],
  maxMs: 60_000,
  waitMs: (retries, error) => (toldWait(error) ?? Math.min(2_000, 50 * 2 ** retries)) * (1 + Math.random() / 5) + 1,
};

/** For changes of an account's settings and questions about them, which it answers when it has the time. */
export function afterBusyAccount(firstWaitMs: number): RetryPolicy {
  return {
    kinds: ['throttled', 'unknown'],
    maxRetries: 7,
    waitMs: (retries, error) => toldWait(error) ?? firstWaitMs * 2 ** retries,
  };
}

/**
 * Does something that may be repeated, and does it again as the policy says; throws the last failure as it is. For requests
 * that have no pace: those of a migration's work go through the RequestSender.
 */
export async function retry<T>(policy: RetryPolicy, attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const begunAt = performance.now();
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      const isOver =
        retries >= (policy.maxRetries ?? Number.POSITIVE_INFINITY) ||
        performance.now() - begunAt > (policy.maxMs ?? Number.POSITIVE_INFINITY);
      if (isOver || !policy.kinds.includes(failureKind(error))) throw error;
      await sleep(policy.waitMs(retries, error), undefined, { signal });
    }
  }
}
