import { hash } from 'node:crypto';
import type { Finding } from '../contract/migrationReport.ts';
import type { BatchChecksum } from '../contract/storedChecksums.ts';
import { type DocumentBatch, documentAt, OBJECT_ID_TYPE } from '../encoding/documentBatch.ts';
import { idBounds, idOrder } from '../encoding/idOrder.ts';
import { ClusterChecksums, checksumOf } from './clusterChecksums.ts';
import { lossFindings } from './lossFindings.ts';
import { sha256 } from './sha256.ts';

/** What a range's documents came to. */
export interface MadeChecksums {
  readonly batches: readonly BatchChecksum[];
  readonly notes?: readonly Finding[];
}

/** Makes the checksums of a range's documents, batch by batch as its rows are read. */
export class ChecksumMaker {
  readonly #table: string;
  #batches: BatchChecksum[] = [];
  readonly #notes: Finding[] = [];
  readonly #told = new Set<string>();
  #clusters = new ClusterChecksums();
  #isPossible = true;
  #isFirst = true;
  /** Did the documents of the first batch come in the order of `_id`? */
  #isInOrder = false;

  constructor(table: string) {
    this.#table = table;
  }

  /**
   * Takes the next batch. A range has no checksums where they could not stand for its rows: one of them made no document, its document
   * does not hold all of it, or the order of its `_id`s is not known here.
   */
  add(batch: DocumentBatch): void {
    if (!this.#isPossible) return;
    const checksums = batch.rejected === undefined ? this.#checksumsOf(batch) : null;
    const losses = lossFindings(this.#table, batch, 'content', this.#told);
    this.#isPossible = checksums !== null && !losses.some(({ severity }) => severity === 'error');
    this.#notes.push(...losses);
    if (this.#isPossible && checksums !== null) this.#batches.push(...checksums);
    else this.#letGo();
  }

  /** What was kept would stay until the range has been read. */
  #letGo(): void {
    this.#batches = [];
    this.#clusters = new ClusterChecksums();
  }

  /** Null where there are none. */
  made(): MadeChecksums | null {
    if (!this.#isPossible) return null;
    return {
      batches: [...this.#batches, ...this.#clusters.end()],
      ...(this.#notes.length === 0 ? {} : { notes: this.#notes }),
    };
  }

  #checksumsOf(batch: DocumentBatch): readonly BatchChecksum[] | null {
    const { bytes, ends } = batch;
    // What came in order once is taken to do so again, unseen: where it did not, the comparison finds another checksum, and reads rows.
    const order = this.#isInOrder ? ends.map((_end, index) => index) : idOrder(batch);
    if (order === null) return null;
    if (this.#isFirst) this.#isInOrder = order.every((index, position) => index === position);
    this.#isFirst = false;
    if (this.#isInOrder)
      return [[...idBounds(batch, order), ends.length, bytes.length, hash('sha256', bytes, 'base64')]];
    const ordered = order.map((index) => documentAt(batch, index));
    return bytes[4] === OBJECT_ID_TYPE ? this.#clusters.add(ordered) : [checksumOf(ordered)];
  }
}

/** Tells whether documents are those that checksums were made of. */
export class ChecksumReader {
  #ordered: Uint8Array = new Uint8Array(0);

  /** Are these documents, which come in the order of `_id`, those of the checksum, byte for byte? */
  isOf([, , documents, bytes, sum]: BatchChecksum, found: readonly Uint8Array[]): boolean {
    if (found.length !== documents) return false;
    if (found.reduce((total, { length }) => total + length, 0) !== bytes) return false;
    // The same memory for all batches of a range: new one costs more than hashing what is copied into it.
    if (this.#ordered.length < bytes) this.#ordered = new Uint8Array(bytes);
    return sha256(found, this.#ordered) === sum;
  }
}
