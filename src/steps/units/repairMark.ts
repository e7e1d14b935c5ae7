import { randomUUID } from 'node:crypto';
import { REPAIR_MARK } from '../../contract/storedRepairMark.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { getIfReadable, putRecord } from '../../runtime/records.ts';
import type { BlobStore } from '../../storage/blobStore.ts';

/**
 * Tells whether another attempt at the same work of a pass has written documents: what it changed in them is told by nobody once they
 * stand there, so that a digest which goes by changes is not known then. Left before an attempt writes its first document.
 */
export class RepairMark {
  readonly #blobs: BlobStore;
  readonly #path: string;
  readonly #pass: number;
  readonly #attempt = randomUUID();
  #hasBegun = false;

  /** `step` is the same for each attempt at the same ranges. */
  constructor(blobs: BlobStore, id: string, step: string, pass: number) {
    this.#blobs = blobs;
    this.#path = blobPaths.repairs(id, step);
    this.#pass = pass;
  }

  /** Has this attempt written, or is it about to? */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Has another attempt written in this pass? Asked before the first range and after the last one. */
  async isOfAnother(): Promise<boolean> {
    const mark = await getIfReadable(this.#blobs, this.#path, REPAIR_MARK);
    return mark !== null && mark.pass === this.#pass && mark.attempt !== this.#attempt;
  }

  /** Leaves the mark, once. */
  async begin(): Promise<void> {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    await putRecord(this.#blobs, this.#path, REPAIR_MARK, { pass: this.#pass, attempt: this.#attempt });
  }
}
