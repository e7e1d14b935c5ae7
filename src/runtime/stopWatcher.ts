import type { BlobStore } from '../storage/blobStore.ts';
import { stopped } from './stopReason.ts';
import { readWord } from './storedWord.ts';

/** Is the run that the work is done for no more? Its orchestration may have been ended from outside, which ends none of its children. */
export type IsGone = () => Promise<boolean>;

/** So often work looks whether its run is still there. */
export const LOOK_FOR_RUN_MS = 3_000;

/** Hears for the work of one migration that it should stop: by the operator's word, or because its run is no more. */
export class StopWatcher {
  readonly #store: BlobStore;
  readonly #id: string;
  #stop = new AbortController();
  #isGone: IsGone | null = null;
  #seenAt = Number.NEGATIVE_INFINITY;

  constructor(store: BlobStore, id: string) {
    this.#store = store;
    this.#id = id;
  }

  /** Aborts when the work that is begun now should stop. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * Work begins, alone or beside some that is under way. What an earlier word stopped may still be ending when that word is
   * taken back: what begins now hears the next one. Without `isGone` nobody looks whether the run is still there.
   */
  begin(isAlone: boolean, isGone: IsGone | null): void {
    this.#isGone = isGone ?? this.#isGone;
    if (isAlone || this.#stop.signal.aborted) this.#stop = new AbortController();
  }

  /** Looks whether the work should stop. Throws what storage throws. */
  async look(): Promise<void> {
    const stop = this.#stop;
    const { word } = await readWord(this.#store, this.#id);
    if (word === 'suspend' || word === 'cancel') stop.abort(stopped(word));
    if (this.#isGone === null || performance.now() - this.#seenAt < LOOK_FOR_RUN_MS) return;
    if (await this.#isGone()) stop.abort(stopped('cancel'));
    else this.#seenAt = performance.now();
  }
}
