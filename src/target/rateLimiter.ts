import { MigrationError } from '../errors.ts';
import { ChargeMeters } from './chargeMeter.ts';
import { RateControl } from './rateControl.ts';

/** What came of one request. Costs are request units, as estimated and corrected by what was measured. */
export interface RequestOutcome {
  readonly cost: number;
  readonly acceptedCost: number;
  /** Operations that the request carried, each of which may be refused by itself. */
  readonly operations: number;
  /** Was anything of the request refused for lack of throughput? */
  readonly isRefused: boolean;
  /** Longest wait that a refusal named, null where none did. */
  readonly retryAfterMs: number | null;
}

/** What a rate limiter begins with. */
export interface RateLimiterOptions {
  /** Requests in flight at once. */
  readonly maxInFlight: number;
  /** Request units a second to begin with; Infinity where the target has no such limit, until it refuses. */
  readonly initialRate: number;
  /** Is the rate what the target said that it has? Otherwise it climbs fast until the first refusal. */
  readonly isRateKnown: boolean;
}

const FIRST_BACKOFF_MS = 40;
const MAX_BACKOFF_MS = 5_000;
/** Whoever waits looks so often whether it should go on waiting. */
const HEARD_MS = 1_000;

/**
 * The rate limiter of all requests of one process to one target: a gate that lets one request at a time in when the
 * {@link RateControl} has its request units and few enough are under way.
 */
export class RateLimiter {
  readonly charges = new ChargeMeters();
  readonly #maxInFlight: number;
  readonly #control: RateControl;
  #inFlight = 0;
  /** Of those in flight the ones that no time limits. */
  #openEnded = 0;
  #refusalsInARow = 0;
  #progressAt = performance.now();
  /** Why the last request that had no answer had none; null where one was accepted since. */
  #lastFailure: MigrationError | null = null;
  /** One request at a time waits at the gate, in order of arrival. */
  #gate: Promise<void> = Promise.resolve();
  /** Wakes the request at the gate when another's answer frees a place. */
  #wake: (() => void) | null = null;

  constructor(options: RateLimiterOptions) {
    this.#maxInFlight = options.maxInFlight;
    this.#control = new RateControl(options.initialRate, options.isRateKnown, performance.now());
  }

  /** Cost that the next request should not exceed. */
  get requestCost(): number {
    return this.#control.requestCost;
  }

  /** A request of that cost that was let in is not sent. */
  giveBack(cost: number): void {
    this.#control.giveBack(cost);
  }

  /** A request that was accepted turns out to have cost so much less. */
  cheaper(cost: number): void {
    this.#control.cheaper(cost);
  }

  /**
   * Waits for a turn to send a request of that cost. Call {@link leave} when its answer is there. Throws the signal's reason.
   * While throughput or a place is waited for, `onWait` is called at least once a second, and may throw; not while requests that
   * take as long as they take ({@link holdOpen}) have places, as nothing is wrong then.
   */
  async enter(cost: number, signal?: AbortSignal, onWait?: () => void): Promise<void> {
    const before = this.#gate;
    const { promise, resolve: openGate } = Promise.withResolvers<void>();
    this.#gate = promise;
    try {
      let isFirst = false;
      const isTurn = before.then(() => {
        isFirst = true;
      });
      for (;;) {
        await pause(HEARD_MS, signal, isTurn);
        signal?.throwIfAborted();
        if (isFirst) break;
        if (this.#openEnded === 0) onWait?.();
      }
      for (;;) {
        signal?.throwIfAborted();
        if (this.#inFlight >= this.#maxInFlight) {
          const { promise: isAnswered, resolve } = Promise.withResolvers<void>();
          this.#wake = resolve;
          await pause(HEARD_MS, signal, isAnswered);
          if (this.#inFlight >= this.#maxInFlight && this.#openEnded === 0) onWait?.();
          continue;
        }
        const waitMs = this.#control.waitMs(cost, performance.now());
        if (waitMs <= 0) break;
        onWait?.();
        await pause(Math.min(waitMs, HEARD_MS), signal);
      }
      this.#control.take(cost);
      this.#inFlight++;
    } finally {
      // Whoever gives up behind others leaves them their turn.
      void before.then(openGate);
    }
  }

  /** A request that was let in may take as long as it takes, such as an index: others wait for its place. Returns what ends that. */
  holdOpen(): () => void {
    this.#openEnded++;
    return () => void this.#openEnded--;
  }

  leave(outcome: RequestOutcome): void {
    const now = performance.now();
    this.#inFlight--;
    if (outcome.acceptedCost > 0) {
      this.#progressAt = now;
      this.#lastFailure = null;
      this.#control.accepted(outcome.acceptedCost, now);
    }
    if (outcome.isRefused) this.#refuse(outcome, now);
    else this.#refusalsInARow = 0;
    this.#wake?.();
    this.#wake = null;
  }

  /** What came of a request that had no answer: the reason that is told where nothing is accepted any more. */
  unanswered(failure: MigrationError): void {
    this.#lastFailure = failure;
  }

  /**
   * Throws where nothing was accepted since `since` (a `performance.now()`) or later for `stallMs`, with the cause as far as it is
   * known: `target-throttled` where requests are refused for lack of throughput, `target-unreachable` where they have no answer.
   * `silence` says which part of the target gives none.
   */
  assertProgress(since: number, stallMs: number, display: string, silence: string | null = null): void {
    const waitedMs = performance.now() - Math.max(since, this.#progressAt);
    if (waitedMs <= stallMs) return;
    const seconds = Math.round(waitedMs / 1000);
    if (this.#refusalsInARow > 0) {
      throw new MigrationError(
        'target-throttled',
        `The target ${display} accepted nothing for ${seconds} s: it refuses requests for lack of throughput`,
        { hint: 'Raise its throughput, then go on with --resume' },
      );
    }
    const cause = this.#lastFailure;
    const why = cause === null ? 'it leaves requests without an answer' : cause.message;
    throw new MigrationError(
      'target-unreachable',
      `The target ${display} accepted nothing for ${seconds} s: ${silence === null ? why : `${why}; ${silence}`}`,
      {
        hint: `${cause?.hint ?? 'Look at its log, its disk, and what locks it'}; then go on with --resume`,
        ...(cause === null ? {} : { cause }),
      },
    );
  }

  #refuse({ acceptedCost, operations, retryAfterMs }: RequestOutcome, now: number): void {
    this.#refusalsInARow = acceptedCost > 0 ? 1 : this.#refusalsInARow + 1;
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#refusalsInARow - 1));
    const toldMs = retryAfterMs ?? backoffMs;
    // Never before the time told; the jitter comes on top.
    const waitMs = toldMs + 1 + Math.random() * Math.min(toldMs * 0.2, 50);
    this.#control.refused({ operations, waitMs }, now);
  }
}

/** Waits until the time is over, or sooner when the promise is kept or the signal aborts; throws nothing. */
async function pause(ms: number, signal: AbortSignal | undefined, sooner?: Promise<void>): Promise<void> {
  const { promise: isOver, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const timer = setTimeout(end, ms);
  signal?.addEventListener('abort', end, { once: true });
  try {
    await (sooner === undefined ? isOver : Promise.race([sooner, isOver]));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}
