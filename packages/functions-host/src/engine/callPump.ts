import type { Logger } from '../logger.ts';
import type { WorkRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { resultText } from '../worker/typedData.ts';
import type { Worker } from '../worker/worker.ts';
import { callHttp } from './callHttp.ts';
import { EVENT, type HistoryEvent, makeEvent } from './events.ts';
import { failureDetails } from './failureDetails.ts';
import { answerTask } from './finish.ts';
import { withinTimeout } from './withinTimeout.ts';

/** How long to wait before storing results is tried again, when the store refused them (a full disk). */
const STORE_RETRY_MS = 1000;

/** Runs activities and HTTP calls, a bounded number at a time, and stores the results of one event-loop tick in one transaction. */
export class CallPump {
  readonly #store: Store;
  readonly #worker: Worker;
  readonly #log: Logger;
  readonly #maxRunning: number;
  readonly #timeoutMs: number;
  readonly #wake: (instanceId: string) => void;
  #queue: WorkRow[] = [];
  #head = 0;
  #running = 0;
  #finished: { readonly work: WorkRow; readonly event: HistoryEvent }[] = [];
  #isFlushing = false;
  #isStopped = false;
  #onIdle: (() => void) | undefined;

  constructor(
    ports: { store: Store; worker: Worker; log: Logger },
    limits: { readonly maxActivities: number; readonly functionTimeoutMs: number },
    wake: (instanceId: string) => void,
  ) {
    this.#store = ports.store;
    this.#worker = ports.worker;
    this.#log = ports.log;
    this.#maxRunning = limits.maxActivities;
    this.#timeoutMs = limits.functionTimeoutMs;
    this.#wake = wake;
  }

  add(calls: readonly WorkRow[]): void {
    if (this.#isStopped) return;
    for (const call of calls) this.#queue.push(call);
    this.#pump();
  }

  /** Starts nothing more; resolves when everything running has ended and is stored. What was queued stays in the store. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#queue = [];
    this.#head = 0;
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #pump(): void {
    while (this.#running < this.#maxRunning && this.#head < this.#queue.length) {
      const work = this.#queue[this.#head++];
      if (work !== undefined) this.#start(work);
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
  }

  #start(work: WorkRow): void {
    // The instance may have been terminated while the call waited for its place.
    const current = this.#store.work(work.instanceId, work.executionId, work.taskId);
    if (current === undefined || current.done !== 0) return;
    this.#running += 1;
    void this.#call(work).then((event) => {
      this.#finished.push({ work, event });
      this.#flushSoon(0);
    });
  }

  /** Never rejects: a failure is an event too. */
  async #call(work: WorkRow): Promise<HistoryEvent> {
    try {
      const call = work.kind === 'http' ? callHttp(work.input ?? '{}') : this.#callActivity(work);
      const result = await withinTimeout(call, work.name, this.#timeoutMs);
      return makeEvent(EVENT.taskCompleted, { TaskScheduledId: work.taskId, Result: result });
    } catch (error) {
      const name = error instanceof Error ? error.name : 'Error';
      const message = error instanceof Error ? error.message : String(error);
      const Reason = `Activity function '${work.name}' failed: ${message}`;
      this.#log.write('error', 'host', work.name, `${name} in ${work.instanceId}: ${message}`);
      return makeEvent(EVENT.taskFailed, { TaskScheduledId: work.taskId, Reason, Details: failureDetails(message) });
    }
  }

  async #callActivity(work: WorkRow): Promise<string | null> {
    const target = this.#worker.registry.find(work.name, 'activitytrigger');
    if (target === undefined) throw new Error(`The function '${work.name}' doesn't exist any more`);
    const data = work.input === null ? {} : { string: work.input };
    const { toResponse } = await this.#worker.invoke(target, {
      inputData: [{ name: target.triggerName, data }],
      triggerMetadata: { instanceId: { string: work.instanceId } },
    });
    return resultText((await toResponse()).returnValue);
  }

  // Results wait for the end of the tick: many share one transaction, and activities that end at once cannot keep the
  // event loop from everything else.
  #flushSoon(delayMs: number): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    if (delayMs === 0) setImmediate(() => this.#flush());
    else setTimeout(() => this.#flush(), delayMs);
  }

  #flush(): void {
    this.#isFlushing = false;
    const batch = this.#finished;
    this.#finished = [];
    const toWake = new Set<string>();
    try {
      this.#store.transaction(() => {
        for (const { work, event } of batch) {
          if (answerTask(this.#store, work.instanceId, work.executionId, event)) toWake.add(work.instanceId);
        }
      });
    } catch (error) {
      this.#log.error(`Results could not be stored, trying again: ${String(error)}`);
      this.#finished = [...batch, ...this.#finished];
      this.#flushSoon(STORE_RETRY_MS);
      return;
    }
    this.#running -= batch.length;
    for (const instanceId of toWake) this.#wake(instanceId);
    this.#pump();
    if (this.#isIdle()) this.#onIdle?.();
  }

  #isIdle(): boolean {
    return this.#running === 0;
  }
}
