import type { Logger } from '../logger.ts';
import type { Store } from '../store/store.ts';
import { EVENT, makeEvent } from './events.ts';
import { answerTask } from './finish.ts';
import { hostTime } from './hostTime.ts';

/** Node's timers overflow at 24 days, and a machine may sleep: look again at least this often. */
const LONGEST_WAIT_MS = 60_000;
const MAX_DUE = 1000;
/** How long to wait before due timers are tried again that the store refused (a full disk). */
const STORE_RETRY_MS = 1000;

/** Fires durable timers when they are due. */
export class TimerClock {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #wake: (instanceId: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(store: Store, log: Logger, wake: (instanceId: string) => void) {
    this.#store = store;
    this.#log = log;
    this.#wake = wake;
  }

  /** Sets the clock to the nearest timer. Call it after timers were added. */
  arm(): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    const next = this.#store.nextTimer();
    if (next === undefined) return;
    const waitMs = Math.min(Math.max(next - hostTime(), 0), LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.#fire(), waitMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #fire(): void {
    try {
      for (const instanceId of this.#postDue()) this.#wake(instanceId);
      this.arm();
    } catch (error) {
      this.#log.error(`Due timers could not be stored, trying again: ${String(error)}`);
      this.#timer = setTimeout(() => this.#fire(), STORE_RETRY_MS);
    }
  }

  #postDue(): Set<string> {
    const due = this.#store.dueTimers(hostTime(), MAX_DUE);
    this.#store.transaction(() => {
      for (const timer of due) {
        const FireAt = new Date(timer.fireAt ?? 0).toISOString();
        const event = makeEvent(EVENT.timerFired, { TimerId: timer.taskId, FireAt });
        answerTask(this.#store, timer.instanceId, timer.executionId, event);
      }
    });
    return new Set(due.map((timer) => timer.instanceId));
  }
}
