/** Turns shorter than this are followed at once: a rest of a few milliseconds would cost more than it saves. */
const LIGHT_TURN_MS = 1.25;
const REST_FACTOR = 4;
const LONGEST_REST_MS = 1000;

/**
 * Decides when which instance takes its turn: one at a time per instance, several instances interleaved, and a breath of
 * the event loop between any two turns. An instance rests for four times the length of its last turn, so that replays of
 * long histories take no more than a fifth of a core and completions gather meanwhile.
 */
export class TurnScheduler {
  readonly #takeTurn: (instanceId: string) => Promise<void>;
  readonly #maxRunning: number;
  readonly #ready = new Set<string>();
  /** Instances in their turn; true if they were woken meanwhile. */
  readonly #running = new Map<string, boolean>();
  readonly #resting = new Map<string, { isWoken: boolean; readonly timer: NodeJS.Timeout }>();
  #isPumping = false;
  #isStopped = false;
  #onIdle: (() => void) | undefined;

  constructor(takeTurn: (instanceId: string) => Promise<void>, maxRunning: number) {
    this.#takeTurn = takeTurn;
    this.#maxRunning = maxRunning;
  }

  /** Says that an instance may have something to do. Cheap, and harmless if it has not. */
  wake(instanceId: string): void {
    if (this.#isStopped) return;
    const rest = this.#resting.get(instanceId);
    if (rest !== undefined) rest.isWoken = true;
    else if (this.#running.has(instanceId)) this.#running.set(instanceId, true);
    else {
      this.#ready.add(instanceId);
      this.#pump();
    }
  }

  /** Takes no further turns; resolves when the running ones have ended. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#ready.clear();
    for (const { timer } of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #pump(): void {
    if (this.#isPumping || this.#ready.size === 0 || this.#running.size >= this.#maxRunning) return;
    this.#isPumping = true;
    setImmediate(() => {
      this.#isPumping = false;
      const [next] = this.#ready;
      if (next === undefined) return;
      this.#ready.delete(next);
      void this.#run(next);
      this.#pump();
    });
  }

  /** `takeTurn` never rejects: the engine deals with its errors. */
  async #run(instanceId: string): Promise<void> {
    this.#running.set(instanceId, false);
    const start = performance.now();
    await this.#takeTurn(instanceId);
    const tookMs = performance.now() - start;
    const isWoken = this.#running.get(instanceId) === true;
    this.#running.delete(instanceId);
    if (this.#isStopped) {
      if (this.#running.size === 0) this.#onIdle?.();
      return;
    }
    if (tookMs < LIGHT_TURN_MS) {
      if (isWoken) this.#ready.add(instanceId);
    } else {
      this.#rest(instanceId, isWoken, Math.min(tookMs * REST_FACTOR, LONGEST_REST_MS));
    }
    this.#pump();
  }

  #rest(instanceId: string, isWoken: boolean, restMs: number): void {
    const timer = setTimeout(() => {
      const woken = this.#resting.get(instanceId)?.isWoken === true;
      this.#resting.delete(instanceId);
      if (woken) this.wake(instanceId);
    }, restMs);
    this.#resting.set(instanceId, { isWoken, timer });
  }
}
