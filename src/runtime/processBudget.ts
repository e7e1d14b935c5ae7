import type { BatchSize } from '../encoding/documentBatch.ts';
import type { TargetTraits } from '../target/targetTraits.ts';
import { Budget } from './budget.ts';

/**
 * Batches in flight: a single migration holds six at most, of 3 MiB, and never waits. Eight activities of six migrations
 * would hold three times as much, and as much again in the driver.
 */
const BATCH_BYTES = 20 * 1024 * 1024;
/** What a row of a batch holds beside its bytes: places, keys, results. */
const ROW_BYTES = 200;
/** Ranges that are read at once: more than four do not make mongod faster (bench/measured.md §2), and each holds some 20 MB. */
const RANGES = 4;

/** What the migrations of one process hold at once: a budget for the process, not one for each, as it is the process that has a limit. */
export class ProcessBudget {
  readonly #batches = new Budget(BATCH_BYTES);
  readonly #ranges = new Budget(RANGES);

  /** Waits until there is room for a batch that is written or compared, `copies` times over; gives the function to call when it is done with. Throws the signal's reason. */
  async admitBatch({ bytes, ends }: BatchSize, copies: number, signal: AbortSignal): Promise<() => void> {
    return await this.#batches.take(copies * (bytes.length + ends.length * ROW_BYTES), signal);
  }

  /**
   * Waits until another range may be read; gives the function to call when it is done with. On request units
   * a range mostly waits for the rate limiter, so any number of them may be read.
   */
  async admitRange({ isCharged }: TargetTraits, signal: AbortSignal): Promise<() => void> {
    return isCharged ? () => undefined : await this.#ranges.take(1, signal);
  }
}
