import type { Hosting } from './hosting.ts';
import type { VirtualClock } from './virtualClock.ts';

/** The scale controller looks at the queue this often, and adds one instance a look while something waits. */
const SCALE_LOOK_MS = 10_000;

interface Instance {
  readonly readyAtMs: number;
  busy: number;
}

/** Instances of the app that take activities as they have places, and come as they are missed. None goes again before the end. */
export class FunctionApp {
  readonly #clock: VirtualClock;
  readonly #hosting: Hosting;
  readonly #instances: Instance[] = [];
  readonly #waiting: ((onDone: () => void) => void)[] = [];
  #isLooking = false;

  constructor(clock: VirtualClock, hosting: Hosting) {
    this.#clock = clock;
    this.#hosting = hosting;
    this.#addInstance();
  }

  get instances(): number {
    return this.#instances.length;
  }

  /** Instances that have work. */
  get busyInstances(): number {
    return this.#instances.filter(({ busy }) => busy > 0).length;
  }

  /** Seconds that all instances have been there for together. */
  instanceSeconds(): number {
    return this.#instances.reduce((sum, { readyAtMs }) => sum + Math.max(0, this.#clock.nowMs - readyAtMs), 0) / 1_000;
  }

  /** Runs work when an instance has a place for it; `work` calls back when it is done. */
  run(work: (onDone: () => void) => void): void {
    this.#waiting.push(work);
    this.#assign();
    if (this.#waiting.length > 0 && !this.#isLooking) this.#lookLater();
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const now = this.#clock.nowMs;
      const free = this.#instances
        .filter(({ readyAtMs, busy }) => readyAtMs <= now && busy < this.#hosting.activitiesPerInstance)
        .sort((one, other) => one.busy - other.busy)[0];
      const work = free === undefined ? undefined : this.#waiting.shift();
      if (free === undefined || work === undefined) return;
      free.busy++;
      work(() => {
        free.busy--;
        this.#assign();
      });
    }
  }

  #lookLater(): void {
    this.#isLooking = true;
    this.#clock.after(SCALE_LOOK_MS, () => {
      this.#isLooking = false;
      if (this.#waiting.length === 0) return;
      if (this.#instances.length < this.#hosting.maxInstances) this.#addInstance();
      this.#lookLater();
    });
  }

  #addInstance(): void {
    const { coldStartMs } = this.#hosting;
    this.#instances.push({ readyAtMs: this.#clock.nowMs + coldStartMs, busy: 0 });
    this.#clock.after(coldStartMs, () => this.#assign());
  }
}
