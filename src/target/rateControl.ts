/** What a refusal told. Costs are request units as far as they were measured (see `ChargeMeters`). */
export interface Refusal {
  /** Operations of the request, each of which may be refused by itself. */
  readonly operations: number;
  /** The wait that holds for it, told or chosen. */
  readonly waitMs: number;
}

/** Request units that were not used are kept this long, by the service and by the copy of its bucket here. */
const BURST_SECONDS = 1;
/** So much of the bucket is left unused, for charges that come out higher than was thought. */
const RESERVE_SECONDS = 0.2;
/** A request spends at most this share of a second's request units, so that a refusal concerns little. */
const REQUEST_SECONDS = 0.1;
/** A request that is dearer than the bucket is paid off for so long at most: its cost is an estimate, and the rate may be far too low. */
const MAX_DEBT_SECONDS = 3;
/** Growth in a second while the rate is looked for: until the first refusal, and until another one says the same. */
const SEARCH_INCREASE = 1.5;
const VERIFY_INCREASE = 0.3;
const SAME_FACTOR = 1.25;
/** Growth in a second afterwards, and so much more with each such time without a refusal. */
const INCREASE = 0.003;
const INCREASE_SECONDS = 10;
const MAX_INCREASE = 0.16;
/** Growth where the rate is below this share of what was taken before. */
const RECOVERY = 0.6;
const RECOVERY_SHARE = 0.9;
/** A refusal this long after the one before stands alone: it may have had another reason than an empty bucket. */
const LONE_SECONDS = 2;
/**
 * The least that the rate is multiplied with by a refusal that stands alone, and by the next ones in a row; and what each
 * takes from the memory of what was taken before.
 */
const LEAST_FACTORS = [0.985, 0.95, 0.8, 0.4];
const MEMORY_FACTORS = [0.98, 0.9, 0.8, 0.4];
/** A time between refusals is measured this sharply, so that shorter ones tell less; errors go up, which the next refusal corrects. */
const SHARP_SECONDS = 1;
const OPTIMISM_SECONDS = 0.05;
/** The rate after a refusal before which nothing was taken, of many operations and of one; at most once in this span. */
const BLIND_DECREASE = { batch: 0.65, command: 0.94 };
const BLIND_SPAN_SECONDS = 0.3;
const MIN_RATE = 20;
/** What was spent is known by steps of this time, for so many of them. */
const STEP_MS = 50;
const MAX_STEPS = 2_400;

/**
 * How many request units a second to spend, and when: a copy of the bucket that the service keeps. A refusal says that the
 * bucket is empty, so what was spent since the refusal before is what flowed in, unless the bucket was full in between; and
 * from a full bucket goes a second's worth more. So the rate is computed and not felt for: from
 *
 *   max(spent since ÷ time since, the most that any later span spent ÷ (its time + 1 s))
 *
 * which is exact in both cases. Between refusals the rate grows a little, as nothing else tells that there is more.
 *
 * Times are milliseconds of one clock that the caller reads.
 */
export class RateControl {
  #perSecond: number;
  #tokens: number;
  #refilledAt: number;
  #notBefore = Number.NEGATIVE_INFINITY;
  /** Is the rate still looked for? */
  #isSearching: boolean;
  /** The last refusal, or the beginning, when the bucket was full. */
  #anchor: { readonly at: number; readonly isEmpty: boolean };
  /** What was taken before, at most; 0 before the first refusal where nothing is known. */
  #ceiling: number;
  /** Refusals that came shortly after the one before. */
  #inARow = 0;
  /** When a request last had to wait for request units: without that the rate says nothing and does not grow. */
  #hungryAt = Number.NEGATIVE_INFINITY;
  #spent = 0;
  /** What had been spent before each step, since the anchor. */
  #steps: { readonly at: number; readonly before: number }[] = [];

  /** `rate` is Infinity where the target has no such limit, until it refuses. */
  constructor(rate: number, isKnown: boolean, now: number) {
    this.#perSecond = rate;
    this.#tokens = Number.isFinite(rate) ? rate * REQUEST_SECONDS : 0;
    this.#refilledAt = now;
    this.#isSearching = !isKnown;
    this.#ceiling = isKnown ? rate : 0;
    this.#anchor = { at: now, isEmpty: false };
  }

  /** Request units a second that are tried now; Infinity while nothing was ever refused. */
  get rate(): number {
    return this.#perSecond;
  }

  /** Cost that a request should not exceed. */
  get requestCost(): number {
    return this.#perSecond * REQUEST_SECONDS;
  }

  /** Milliseconds until a request of that cost may go; none or less where it may now. */
  waitMs(cost: number, now: number): number {
    this.#refill(now);
    const gateMs = this.#notBefore - now;
    if (!Number.isFinite(this.#perSecond)) return gateMs;
    // A request dearer than the bucket goes when the bucket is nearly full (it grows with the rate, so that it never is), and
    // leaves a debt.
    const needed = Math.min(cost, this.#capacity * 0.9);
    const tokenMs = ((needed - this.#tokens) / this.#perSecond) * 1000;
    if (tokenMs > 0) this.#hungryAt = now;
    return Math.max(gateMs, tokenMs > 0 ? Math.max(1, tokenMs) : 0);
  }

  /** A request of that cost is sent. */
  take(cost: number): void {
    if (!Number.isFinite(this.#perSecond)) return;
    this.#tokens = Math.max(this.#tokens - cost, -this.#perSecond * MAX_DEBT_SECONDS);
  }

  /** A request of that cost was not sent after all. */
  giveBack(cost: number): void {
    if (Number.isFinite(this.#perSecond)) this.#tokens += cost;
  }

  /** A request that was accepted turns out to have cost so much less. */
  cheaper(cost: number): void {
    this.giveBack(cost);
    this.#spent = Math.max(0, this.#spent - cost);
  }

  /** The target took what costs so much. */
  accepted(cost: number, now: number): void {
    const last = this.#steps.at(-1);
    if (last === undefined || now - last.at >= STEP_MS) {
      if (this.#steps.length >= MAX_STEPS) this.#steps.splice(0, MAX_STEPS >> 1);
      this.#steps.push({ at: now, before: this.#spent });
    }
    this.#spent += cost;
  }

  /** The target refused something for lack of throughput. */
  refused({ operations, waitMs }: Refusal, now: number): void {
    this.#refill(now);
    this.#notBefore = Math.max(this.#notBefore, now + waitMs);
    const seconds = (now - this.#anchor.at) / 1000;
    const spent = this.#spent;
    const taken = this.#taken(now);
    this.#inARow = seconds < LONE_SECONDS ? this.#inARow + 1 : 0;
    if (spent > 0) this.#correct(taken, seconds);
    else if (seconds >= BLIND_SPAN_SECONDS)
      this.#decrease(operations === 1 ? BLIND_DECREASE.command : BLIND_DECREASE.batch);
    if (spent > 0 || seconds >= BLIND_SPAN_SECONDS) this.#restart(now);
    // The bucket is empty now, and still is when the wait is over.
    const emptySeconds = RESERVE_SECONDS + (this.#notBefore - now) / 1000;
    if (Number.isFinite(this.#perSecond)) this.#tokens = Math.min(this.#tokens, -this.#perSecond * emptySeconds);
  }

  /** Request units a second that flowed in since the anchor. */
  #taken(now: number): number {
    const seconds = (now - this.#anchor.at) / 1000;
    let most = this.#anchor.isEmpty ? this.#spent / Math.max(seconds, 0.001) : this.#spent / (seconds + BURST_SECONDS);
    for (const { at, before } of this.#steps) {
      most = Math.max(most, (this.#spent - before) / ((now - at) / 1000 + BURST_SECONDS));
    }
    return most;
  }

  #correct(taken: number, seconds: number): void {
    const wanted = Math.max(MIN_RATE, taken * (1 + OPTIMISM_SECONDS / Math.max(seconds, SHARP_SECONDS)));
    const inARow = Math.min(this.#inARow, LEAST_FACTORS.length - 1);
    const before = this.#ceiling;
    this.#ceiling = Math.max(wanted, before * (MEMORY_FACTORS[inARow] as number));
    if (this.#isSearching || !Number.isFinite(this.#perSecond)) {
      this.#perSecond = wanted;
      this.#isSearching = wanted > before * SAME_FACTOR;
      return;
    }
    const next = this.#perSecond + (wanted - this.#perSecond) * Math.min(1, seconds / SHARP_SECONDS);
    this.#perSecond = Math.max(next, this.#perSecond * (LEAST_FACTORS[inARow] as number));
  }

  #decrease(factor: number): void {
    this.#perSecond = Math.max(MIN_RATE, this.#perSecond * factor);
  }

  #restart(now: number): void {
    this.#anchor = { at: now, isEmpty: true };
    this.#spent = 0;
    this.#steps = [];
  }

  get #capacity(): number {
    return this.#perSecond * (BURST_SECONDS - RESERVE_SECONDS);
  }

  #refill(now: number): void {
    const seconds = (now - this.#refilledAt) / 1000;
    this.#refilledAt = now;
    if (!Number.isFinite(this.#perSecond)) return;
    this.#tokens = Math.min(this.#capacity, this.#tokens + this.#perSecond * seconds);
    const isHungry = now - this.#hungryAt < 1_000;
    if (isHungry && now > this.#notBefore) this.#perSecond *= 1 + this.#growth(now) * Math.min(seconds, 1);
  }

  #growth(now: number): number {
    if (this.#isSearching) return this.#ceiling === 0 ? SEARCH_INCREASE : VERIFY_INCREASE;
    const quietSeconds = (now - this.#anchor.at) / 1000;
    const near = Math.min(MAX_INCREASE, INCREASE * (1 + quietSeconds / INCREASE_SECONDS));
    return near + RECOVERY * Math.max(0, RECOVERY_SHARE - this.#perSecond / Math.max(this.#ceiling, MIN_RATE));
  }
}
