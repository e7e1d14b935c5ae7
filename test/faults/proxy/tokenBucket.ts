/** Request units that flow in at a rate and are kept for at most `burstSeconds`. Times are milliseconds of one clock. */
export class TokenBucket {
  private unitsPerSecond: number;
  private readonly burstSeconds: number;
  private tokens: number;
  private filledAt: number;
  private flowedIn: number;

  constructor(unitsPerSecond: number, burstSeconds: number, nowMs: number) {
    this.unitsPerSecond = unitsPerSecond;
    this.burstSeconds = burstSeconds;
    this.tokens = unitsPerSecond * burstSeconds;
    this.filledAt = nowMs;
    this.flowedIn = 0;
  }

  get rate(): number {
    return this.unitsPerSecond;
  }

  /** Units that could have been spent up to now: what flowed in since the start, spent or not. */
  flowed(nowMs: number): number {
    this.fill(nowMs);
    return this.flowedIn;
  }

  setRate(unitsPerSecond: number, nowMs: number): void {
    this.fill(nowMs);
    this.unitsPerSecond = unitsPerSecond;
    this.tokens = Math.min(this.tokens, this.capacity());
  }

  /** Takes the units when they are there, and a request larger than the whole bucket when it is full. */
  tryTake(units: number, nowMs: number): boolean {
    this.fill(nowMs);
    if (this.tokens < Math.min(units, this.capacity())) return false;
    this.tokens -= units;
    return true;
  }

  /** Is anything there? For requests whose charge is known only afterwards. */
  hasAny(nowMs: number): boolean {
    this.fill(nowMs);
    return this.tokens > 0;
  }

  /** Takes units that were used already; the bucket may go below zero. */
  charge(units: number, nowMs: number): void {
    this.fill(nowMs);
    this.tokens -= units;
  }

  /** Whole milliseconds until so many units are there, at least 1. */
  waitMs(units: number, nowMs: number): number {
    this.fill(nowMs);
    const missing = Math.min(units, this.capacity()) - this.tokens;
    return Math.max(1, Math.ceil((missing / this.unitsPerSecond) * 1_000));
  }

  private capacity(): number {
    return this.unitsPerSecond * this.burstSeconds;
  }

  private fill(nowMs: number): void {
    const units = (Math.max(0, nowMs - this.filledAt) / 1_000) * this.unitsPerSecond;
    this.flowedIn += units;
    this.tokens = Math.min(this.capacity(), this.tokens + units);
    this.filledAt = Math.max(this.filledAt, nowMs);
  }
}
