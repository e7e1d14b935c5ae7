import { randomUUID } from 'node:crypto';
import { type Difference, differenceLine } from '../contract/difference.ts';
import { DIFFERENCES } from '../contract/storedDifferences.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { blobPaths } from './blobPaths.ts';
import { putRecord } from './records.ts';

/** Characters that come together in memory before they are stored as a part, which is also what whoever reads holds at once. */
const PART_CHARACTERS = 1 << 20;

/** Parts that are stored, and lines that are still to be. */
interface Content {
  readonly parts: string[];
  readonly pending: string[];
  lines: number;
}

/**
 * The differences that one step finds, however many: stored in parts while it works, and counted in by the record that
 * {@link finish} writes. Each attempt at a step has parts of its own, so that what it leaves when it dies is read by nobody, and
 * the step twice is once. Whoever does a step in pieces closes each: what a piece that failed has found is found again.
 */
export class DifferenceFile {
  readonly #blobs: BlobStore;
  readonly #id: string;
  readonly #step: string;
  readonly #attempt = randomUUID();
  #stored = 0;
  #kept = noContent();
  #open = noContent();
  #characters = 0;

  /** Another file of the same `step` takes the place of this one. */
  constructor(blobs: BlobStore, id: string, step: string) {
    this.#blobs = blobs;
    this.#id = id;
    this.#step = step;
  }

  add(difference: Difference): void {
    const line = differenceLine(difference);
    this.#open.pending.push(line);
    this.#open.lines++;
    this.#characters += line.length;
  }

  /** Stores what has come together, once it is much. One call after the other. */
  async settle(): Promise<void> {
    if (this.#characters < PART_CHARACTERS) return;
    this.#characters = 0;
    await this.#store(this.#kept);
    await this.#store(this.#open);
  }

  /** Keeps what was added since the last call, or forgets it. */
  close(isDone: boolean): void {
    if (isDone) {
      this.#kept.parts.push(...this.#open.parts);
      this.#kept.pending.push(...this.#open.pending);
      this.#kept.lines += this.#open.lines;
    }
    this.#open = noContent();
  }

  /** Stores what was kept, in place of what an earlier attempt at the step has found. */
  async finish(): Promise<void> {
    await this.#store(this.#kept);
    const { parts, lines } = this.#kept;
    if (parts.length === 0) return;
    await putRecord(this.#blobs, blobPaths.foundBy(this.#id, this.#step), DIFFERENCES, { parts, lines });
    const folder = blobPaths.foundParts(this.#id, this.#step);
    await this.#blobs.clear(folder, { except: parts.map((part) => folder + part) });
  }

  async #store({ parts, pending }: Content): Promise<void> {
    if (pending.length === 0) return;
    const text = pending.splice(0).join('');
    const part = `${this.#attempt}-${this.#stored++}.ndjson`;
    parts.push(part);
    await this.#blobs.put(blobPaths.foundParts(this.#id, this.#step) + part, text, 'application/x-ndjson');
  }
}

function noContent(): Content {
  return { parts: [], pending: [], lines: 0 };
}
