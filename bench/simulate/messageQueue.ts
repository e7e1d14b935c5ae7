import type { Hosting } from './hosting.ts';
import type { VirtualClock } from './virtualClock.ts';

/** Between two looks at a queue that has just had a message. */
const LEAST_POLLING_MS = 50;

/**
 * A queue of Azure Storage that is polled: ever more seldom while it is silent, up to the longest interval. A message waits
 * for half an interval in the mean, and every one is made to wait the mean.
 */
export class MessageQueue {
  readonly #clock: VirtualClock;
  readonly #hosting: Hosting;
  #lastAtMs: number;

  constructor(clock: VirtualClock, hosting: Hosting) {
    this.#clock = clock;
    this.#hosting = hosting;
    this.#lastAtMs = clock.nowMs;
  }

  deliver(run: () => void): void {
    const { maxPollingMs, messageMs } = this.#hosting;
    const silentMs = this.#clock.nowMs - this.#lastAtMs;
    this.#lastAtMs = this.#clock.nowMs;
    const intervalMs = Math.min(maxPollingMs, Math.max(LEAST_POLLING_MS, silentMs));
    this.#clock.after(messageMs + intervalMs / 2, run);
  }
}
