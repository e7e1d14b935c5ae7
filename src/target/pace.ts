import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationError } from '../errors.ts';
import { ChargeMeter } from './chargeMeter.ts';

/** What came of one request. Costs are request units as `writeCharge` estimates them; only their ratio matters. */
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

export interface PaceOptions {
  /** Requests in flight at once. */
  readonly maxInFlight: number;
  /** Request units a second to begin with; Infinity where the target has no such limit, until it refuses. */
  readonly initialRate: number;
  /** Is the rate what the target said that it has? Otherwise it climbs fast until the first refusal. */
  readonly isRateKnown: boolean;
  /** Without a single accepted document for this long, the target counts as throttled out. */
  readonly stallMs: number;
}

/** A request spends at most this share of a second's request units, so that a refusal concerns little. */
const REQUEST_SECONDS = 0.1;
/** Unused request units are kept this long, as the service does. */
const BURST_SECONDS = 1;
/** A request that is dearer than the bucket is paid off for so long at most: its cost is an estimate, and the rate may be far too low. */
const MAX_DEBT_SECONDS = 3;
/**
 * The rate after a refusal, by how much of the request was refused: a little too fast, or far too fast. A request of one
 * operation is refused as a whole either way, and tells no more than that it was a little too fast.
 */
const GENTLE_DECREASE = 0.94;
const HARD_DECREASE = 0.55;
/** Growth of the rate in a second: near the rate that was refused last, and until the first refusal of all. */
const INCREASE_PER_SECOND = 0.01;
const FIRST_INCREASE_PER_SECOND = 0.5;
/** Growth when far below the rate that was refused last, and the time after which that rate counts for less. */
const RECOVERY_PER_SECOND = 0.6;
const CEILING_SECONDS = 12;
/** One decrease answers all refusals of this span: requests in flight together are refused together. */
const DECREASE_SPAN_MS = 300;
const MIN_RATE = 20;
const FIRST_BACKOFF_MS = 40;
const MAX_BACKOFF_MS = 5_000;

/**
 * The pace of all requests of one process to one target: a token bucket whose rate goes up additively while requests
 * are taken and down multiplicatively when one is refused, and a gate that stays shut until the time a refusal told.
 */
export class Pace {
  readonly stallMs: number;
  /** Real charges of writes and of reads. */
  readonly writes = new ChargeMeter();
  readonly reads = new ChargeMeter();
  private readonly maxInFlight: number;
  private rate: number;
  private tokens: number;
  private refilledAt = performance.now();
  private notBefore = 0;
  private decreasedAt = 0;
  /** Rate at which something was refused last. */
  private ceiling = Number.POSITIVE_INFINITY;
  private inFlight = 0;
  private refusalsInARow = 0;
  private progressAt = performance.now();
  private accepted = 0;
  private acceptedSince = performance.now();
  /** One request at a time waits at the gate, in order of arrival. */
  private gate: Promise<void> = Promise.resolve();
  /** Wakes the request at the gate when another's answer frees a place. */
  private wake: (() => void) | null = null;

  constructor(options: PaceOptions) {
    this.maxInFlight = options.maxInFlight;
    this.rate = options.initialRate;
    this.tokens = Number.isFinite(options.initialRate) ? options.initialRate * REQUEST_SECONDS : 0;
    this.stallMs = options.stallMs;
    if (options.isRateKnown) this.ceiling = options.initialRate;
  }

  /** Request units a second that are tried now; Infinity while nothing was ever refused. */
  get currentRate(): number {
    return this.rate;
  }

  /** Cost that the next request should not exceed. */
  get requestCost(): number {
    return this.rate * REQUEST_SECONDS;
  }

  /** What reading is charged, in the units that writing is estimated in: the rate counts these. */
  get readRatio(): number {
    return this.reads.ratio / this.writes.ratio;
  }

  /** Gives back what a request that was let in turns out not to cost. */
  refund(cost: number): void {
    if (Number.isFinite(this.rate) && cost > 0) this.tokens += cost;
  }

  /**
   * Waits for a turn to send a request of that cost. Call {@link leave} when its answer is there. `onWait` is called at
   * least once a second, and may throw.
   */
  async enter(cost: number, signal?: AbortSignal, onWait?: () => void): Promise<void> {
    const before = this.gate;
    const { promise, resolve: openGate } = Promise.withResolvers<void>();
    this.gate = promise;
    await before;
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (this.inFlight >= this.maxInFlight) {
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
          continue;
        }
        const waitMs = this.waitFor(cost);
        if (waitMs <= 0) break;
        onWait?.();
        await sleep(Math.min(waitMs, 1_000));
      }
      if (Number.isFinite(this.rate)) this.tokens = Math.max(this.tokens - cost, -this.rate * MAX_DEBT_SECONDS);
      this.inFlight++;
    } finally {
      openGate();
    }
  }

  leave(outcome: RequestOutcome): void {
    const now = performance.now();
    this.inFlight--;
    if (outcome.acceptedCost > 0) {
      this.progressAt = now;
      this.accepted += outcome.acceptedCost;
    }
    if (outcome.isRefused) this.refuse(outcome, now);
    else this.refusalsInARow = 0;
    this.wake?.();
    this.wake = null;
  }

  /** Throws `target-throttled` where nothing was taken since `since` (a `performance.now()`) or later for the stall time. */
  assertProgress(since: number, display: string): void {
    const waitedMs = performance.now() - Math.max(since, this.progressAt);
    if (waitedMs <= this.stallMs) return;
    throw new MigrationError(
      'target-throttled',
      `The target ${display} took no document for ${Math.round(waitedMs / 1000)} s`,
      { hint: 'Raise its throughput, then go on with --resume' },
    );
  }

  private refuse(outcome: RequestOutcome, now: number): void {
    this.refusalsInARow = outcome.acceptedCost > 0 ? 1 : this.refusalsInARow + 1;
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.refusalsInARow - 1));
    const toldMs = outcome.retryAfterMs ?? backoffMs;
    // Never before the time told; the jitter comes on top.
    this.notBefore = Math.max(this.notBefore, now + toldMs + 1 + Math.random() * Math.min(toldMs * 0.2, 50));
    this.refill(now);
    this.tokens = Math.min(this.tokens, 0);
    if (now - this.decreasedAt < DECREASE_SPAN_MS) return;
    this.decreasedAt = now;
    if (Number.isFinite(this.rate)) {
      this.ceiling = this.rate;
      const refusedShare = 1 - outcome.acceptedCost / Math.max(outcome.cost, 1e-9);
      const factor = GENTLE_DECREASE - (GENTLE_DECREASE - HARD_DECREASE) * Math.max(0, refusedShare - 0.5) * 2;
      const isPartial = outcome.acceptedCost > 0 || outcome.operations === 1;
      this.rate = Math.max(MIN_RATE, this.rate * (isPartial ? GENTLE_DECREASE : factor));
      return;
    }
    // The first refusal of all: what went in until now is the first guess.
    const seconds = Math.max(0.25, (now - this.acceptedSince) / 1000);
    this.rate = Math.max(MIN_RATE, (this.accepted / seconds) * HARD_DECREASE);
    this.ceiling = this.accepted / seconds;
    this.tokens = 0;
    this.refilledAt = now;
  }

  private waitFor(cost: number): number {
    const now = performance.now();
    this.refill(now);
    const gateMs = this.notBefore - now;
    if (!Number.isFinite(this.rate)) return gateMs;
    // A request dearer than the bucket goes when the bucket is nearly full (it grows with the rate, so that it never is), and
    // leaves a debt.
    const needed = Math.min(cost, this.rate * BURST_SECONDS * 0.9);
    const tokenMs = ((needed - this.tokens) / this.rate) * 1000;
    return Math.max(gateMs, tokenMs > 0 ? Math.max(1, tokenMs) : 0);
  }

  private refill(now: number): void {
    const seconds = (now - this.refilledAt) / 1000;
    this.refilledAt = now;
    if (!Number.isFinite(this.rate)) return;
    this.tokens = Math.min(this.rate * BURST_SECONDS, this.tokens + this.rate * seconds);
    if (now > this.notBefore) this.rate *= 1 + this.growth(now) * Math.min(seconds, 1);
  }

  private growth(now: number): number {
    if (this.ceiling === Number.POSITIVE_INFINITY) return FIRST_INCREASE_PER_SECOND;
    const quietSeconds = (now - this.decreasedAt) / 1000;
    const near = INCREASE_PER_SECOND * (1 + Math.min(15, quietSeconds / CEILING_SECONDS));
    return near + RECOVERY_PER_SECOND * Math.max(0, 0.9 - this.rate / this.ceiling);
  }
}
