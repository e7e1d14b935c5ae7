import { setTimeout as sleep } from 'node:timers/promises';

/** Which failures are tried again, how often or for how long, and the wait before the next try. */
export interface RetryPolicy {
  /** Tries after the first at most. */
  readonly maxRetries?: number;
  /** No further try this long after the first began. */
  readonly maxMs?: number;
  /** Milliseconds to wait after so many retries, never fewer than the failure names; null where it stays. */
  waitMs(error: unknown, retries: number): number | null;
}

/** Does something that may be repeated, and does it again as the policy says; throws the last failure as it is, and the signal's reason. */
export async function retry<T>(policy: RetryPolicy, attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const begunAt = performance.now();
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      const isOver =
        retries >= (policy.maxRetries ?? Number.POSITIVE_INFINITY) ||
        performance.now() - begunAt > (policy.maxMs ?? Number.POSITIVE_INFINITY);
      const waitMs = isOver ? null : policy.waitMs(error, retries);
      if (waitMs === null) throw error;
      await sleep(waitMs, undefined, { signal }).catch((interrupted: unknown) => {
        signal?.throwIfAborted();
        throw interrupted;
      });
    }
  }
}
