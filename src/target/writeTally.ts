import {
  addChildRows,
  type DocumentBatch,
  documentAt,
  documentBytes,
  idKey,
  type RejectedRow,
} from '../encoding/documentBatch.ts';

/** What became of the rows of one range. */
export interface WriteTotals {
  inserted: number;
  /** Stood there already, equal. */
  unchanged: number;
  /** Stood there otherwise and were replaced. */
  replaced: number;
  /** Child rows inside the documents that arrived, by child; and those of them in documents that stood there equal. */
  readonly childRows: number[];
  readonly childUnchanged: number[];
  readonly rejected: RejectedRow[];
  bytes: number;
}

/** Who is told how writing goes, as it goes. */
export interface WriteObserver {
  /** Called with the documents done, as they are done; `isThere`: they stood in the target before. */
  readonly onProgress: (documents: number, bytes: number, isThere: boolean) => void;
}

/** Counts what became of a range's documents, by their positions in their batch. */
export class WriteTally {
  readonly totals: WriteTotals = {
    inserted: 0,
    unchanged: 0,
    replaced: 0,
    childRows: [],
    childUnchanged: [],
    rejected: [],
    bytes: 0,
  };
  readonly #observer: WriteObserver;

  constructor(observer: WriteObserver) {
    this.#observer = observer;
  }

  /** Documents arrived, or stood there already. */
  book(batch: DocumentBatch, indexes: readonly number[], as: 'inserted' | 'unchanged' | 'replaced'): void {
    const { totals } = this;
    totals[as] += indexes.length;
    const isWhole = indexes.length === batch.ends.length;
    const bytes = isWhole ? batch.bytes.length : indexes.reduce((sum, index) => sum + documentBytes(batch, index), 0);
    totals.bytes += bytes;
    if (batch.childRows.length > 0) {
      for (const index of indexes) {
        addChildRows(totals.childRows, batch.childRows[index]);
        if (as === 'unchanged') addChildRows(totals.childUnchanged, batch.childRows[index]);
      }
    }
    this.#observer.onProgress(indexes.length, bytes, as === 'unchanged');
  }

  /** The target does not take a document. */
  reject(batch: DocumentBatch, index: number, reason: string): void {
    const childRows = batch.childRows[index] ?? [];
    this.totals.rejected.push({ key: idKey(documentAt(batch, index)), reason, childRows });
  }
}
