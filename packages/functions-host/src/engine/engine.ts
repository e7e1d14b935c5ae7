import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import type { Store } from '../store/store.ts';
import type { Worker } from '../worker/worker.ts';
import { CallPump } from './callPump.ts';
import { hostTime } from './hostTime.ts';
import { ReplayCache } from './replayCache.ts';
import { type TurnPorts, takeTurn } from './takeTurn.ts';
import { TimerClock } from './timerClock.ts';
import { TurnScheduler } from './turnScheduler.ts';

/** Pause before a turn is tried again that the store refused (a full disk). */
const TURN_RETRY_MS = 1000;

/** How much runs at the same time. */
export interface EngineLimits {
  readonly maxActivities: number;
  readonly maxOrchestrators: number;
  /** Messages that one turn takes at most. */
  readonly maxMessages: number;
  /** How long an activity may run, in milliseconds. */
  readonly functionTimeoutMs: number;
  /** How long the words terminate, suspend and resume take to reach an orchestration that nothing else wakes, in milliseconds. */
  readonly controlDelayMs: number;
}

/** Runs orchestrations: turns, activities and timers over one store. Everything it knows is in the store. */
export class Engine {
  readonly #ports: TurnPorts;
  readonly #turns: TurnScheduler;
  readonly #calls: CallPump;
  readonly #clock: TimerClock;
  readonly #controlDelayMs: number;

  constructor(ports: { store: Store; worker: Worker; log: Logger }, limits: EngineLimits) {
    this.#ports = { ...ports, cache: new ReplayCache(ports.store), maxMessages: limits.maxMessages };
    const wake = (instanceId: string): void => this.wake(instanceId);
    this.#turns = new TurnScheduler((instanceId) => this.#turn(instanceId), limits.maxOrchestrators);
    this.#calls = new CallPump(ports, limits, wake);
    this.#controlDelayMs = limits.controlDelayMs;
    this.#clock = new TimerClock(ports.store, ports.log, wake);
  }

  /** Takes up everything that an earlier process left: calls that had not ended start again, waiting messages are taken. */
  start(): void {
    const { store, log } = this.#ports;
    // The machine's clock was set back meanwhile: timers wait for what they had left, and not for the difference besides.
    const aheadMs = store.latestUpdate() - hostTime();
    if (aheadMs > 0) store.bringTimersForward(aheadMs);
    const calls = store.openCalls();
    const instances = store.instancesToWake();
    if (calls.length + instances.length > 0) {
      log.info(`Resuming: ${calls.length} open calls, ${instances.length} orchestrations with messages`);
    }
    this.#calls.add(calls);
    for (const instanceId of instances) this.wake(instanceId);
    this.#clock.arm();
  }

  /** Says that something was posted to an instance. */
  wake(instanceId: string): void {
    this.#turns.wake(instanceId);
  }

  /** Says that a client's word was posted to an instance: it takes its time, as the queues of the extension do. */
  wakeLater(instanceId: string): void {
    setTimeout(() => this.wake(instanceId), this.#controlDelayMs).unref();
  }

  /** Forgets what is kept in memory of an instance that was purged or replaced. */
  forget(instanceId: string): void {
    this.#ports.cache.drop(instanceId);
  }

  /** Starts nothing more; resolves when the running turns and activities have ended and are stored. */
  async stop(): Promise<void> {
    this.#clock.stop();
    await Promise.all([this.#turns.stop(), this.#calls.stop()]);
  }

  async #turn(instanceId: string): Promise<void> {
    try {
      const { calls, toWake, hasNewTimer } = await takeTurn(this.#ports, instanceId);
      this.#calls.add(calls);
      for (const other of toWake) this.wake(other);
      if (hasNewTimer) this.#clock.arm();
    } catch (error) {
      // Nothing was stored, so the same turn can be taken again.
      this.#ports.log.error(`A turn of ${instanceId} could not be stored, trying again: ${String(error)}`);
      this.#ports.cache.drop(instanceId);
      await delay(TURN_RETRY_MS);
      this.wake(instanceId);
    }
  }
}
