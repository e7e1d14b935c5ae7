import type { RetryPolicy } from '../retry.ts';
import { type FailureKind, failureKind, toldWait } from './failureKind.ts';

/** Lost connections of one piece of work after which it fails. */
export const MAX_LOST_CONNECTIONS = 12;

/** Wait after lost connections: doubled each time up to 5 s, and spread so that those that were cut at once do not come back at once. */
export function lostConnectionWaitMs(retries: number): number {
  return Math.min(5_000, 100 * 2 ** retries) * (0.75 + Math.random() / 2);
}

/** For what takes several requests: it is begun again where a connection was lost on the way. */
export const AFTER_LOST_CONNECTIONS: RetryPolicy = {
  maxRetries: MAX_LOST_CONNECTIONS,
  waitMs: after(['unknown'], (_error, retries) => lostConnectionWaitMs(retries)),
};

/** For questions before a migration has a rate limiter: asked again for a minute, never before the time that the refusal told. */
export const AFTER_REFUSALS: RetryPolicy = {
  maxMs: 60_000,
  waitMs: after(
    ['throttled'],
    (error, retries) => (toldWait(error) ?? Math.min(2_000, 50 * 2 ** retries)) * (1 + Math.random() / 5) + 1,
  ),
};

/** For changes of an account's settings and questions about them, which it answers when it has the time. */
export function afterBusyAccount(firstWaitMs: number): RetryPolicy {
  return {
    maxRetries: 7,
    waitMs: after(['throttled', 'unknown'], (error, retries) => toldWait(error) ?? firstWaitMs * 2 ** retries),
  };
}

/** Waits after failures of some kinds; the others stay. */
function after(
  kinds: readonly FailureKind[],
  waitMs: (error: unknown, retries: number) => number,
): RetryPolicy['waitMs'] {
  return (error, retries) => (kinds.includes(failureKind(error)) ? waitMs(error, retries) : null);
}
