import {
  addChildRows,
  type DocumentBatch,
  documentAt,
  documentBytes,
  idKey,
  type RejectedRow,
} from '../encoding/documentBatch.ts';
import { asError } from '../errors.ts';
import { writeCharge } from '../plan/estimate.ts';
import { idValue, type TargetDatabase, type WriteRefusal } from './client.ts';
import type { DocumentAccess } from './documentAccess.ts';
import { CODE } from './errors.ts';
import { sizeRefusal } from './flavour.ts';
import { refusalReason } from './refusalReason.ts';
import { STRANGER_REASON } from './strangers.ts';
import { replaceUnique, rowsOf, type UniqueRules } from './uniqueConflicts.ts';

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
  /** Requests of which something was refused for lack of throughput. */
  throttled: number;
  /** Requests that carried documents. */
  requests: number;
  bytes: number;
  /** Estimated request units of what was written. */
  cost: number;
}

function emptyTotals(): WriteTotals {
  return {
    inserted: 0,
    unchanged: 0,
    replaced: 0,
    childRows: [],
    childUnchanged: [],
    rejected: [],
    throttled: 0,
    requests: 0,
    bytes: 0,
    cost: 0,
  };
}

export interface WriterOptions {
  /** Batches in flight at once. */
  readonly maxInFlight: number;
  readonly unique: UniqueRules;
  /** Waits until the process has room for a batch; gives the function to call when it is done with. Without it there always is. */
  readonly admit?: (batch: DocumentBatch) => Promise<() => void>;
  /** Called with the documents done, as they are done. */
  readonly onProgress: (documents: number, bytes: number) => void;
  /** Called with refused requests and estimated request units, as they come. */
  readonly onLoad: (throttled: number, cost: number) => void;
}

/** Overhead of a command beside its documents. */
const COMMAND_BYTES = 16 * 1024;

/**
 * Writes batches to one collection so that any of them may come twice: it inserts first, and compares or replaces only
 * what exists already (measured: bench/measured.md §2). Where the first document of all exists, the range was begun
 * before: then each batch is looked up first, as refused duplicates are the dearest of all writes.
 */
export class DocumentWriter {
  readonly totals = emptyTotals();
  private readonly target: TargetDatabase;
  private readonly access: DocumentAccess;
  private readonly options: WriterOptions;
  private readonly running = new Set<Promise<void>>();
  private failure: Error | null = null;
  private isComparing: boolean | null = null;

  constructor(access: DocumentAccess, options: WriterOptions) {
    this.target = access.target;
    this.access = access;
    this.options = options;
  }

  /** Takes a batch; returns when another can be taken. Throws the first failure of an earlier batch. */
  async write(batch: DocumentBatch): Promise<void> {
    for (const row of batch.rejected ?? []) this.totals.rejected.push(row);
    if (batch.ends.length === 0) return;
    this.isComparing ??= await this.isBegun(batch);
    while (this.running.size >= this.options.maxInFlight) await Promise.race(this.running);
    if (this.failure !== null) throw this.failure;
    const release = await this.options.admit?.(batch);
    const work = this.process(batch)
      .catch((error: unknown) => {
        this.failure ??= asError(error);
      })
      .finally(() => {
        this.running.delete(work);
        release?.();
      });
    this.running.add(work);
  }

  /** Waits for all batches and says what became of them. Throws the first failure. */
  async finish(): Promise<WriteTotals> {
    await Promise.all(this.running);
    if (this.failure !== null) throw this.failure;
    this.totals.throttled += this.access.throttled;
    return this.totals;
  }

  private async isBegun(batch: DocumentBatch): Promise<boolean> {
    const id = idOf(batch, 0);
    const found = await this.access.findByIds([id]);
    return found.size > 0;
  }

  private async process(batch: DocumentBatch): Promise<void> {
    const { traits } = this.access;
    let pending = batch.ends.map((_end, index) => index);
    if (batch.bytes.length > traits.maxDocumentBytes) {
      pending = pending.filter((index) => {
        const refusal = sizeRefusal(documentBytes(batch, index), traits);
        if (refusal !== null) this.reject(batch, index, refusal);
        return refusal === null;
      });
    }
    if (this.isComparing === true) {
      const missing = await this.compare(batch, pending, false);
      // Past the end of what an earlier try had written, inserting first is the cheaper way again.
      if (missing.length === pending.length) this.isComparing = false;
      pending = missing;
    }
    const isWhole = pending.length === batch.ends.length;
    await this.insertAll(batch, pending, isWhole);
  }

  private async insertAll(batch: DocumentBatch, first: number[], isWhole: boolean): Promise<void> {
    const { collection, pace } = this.access;
    const meter = pace.charges.writes(collection);
    let pending = first;
    let sent: number[] = [];
    let rest: number[] = [];
    let most = Number.POSITIVE_INFINITY;
    await this.access.run({
      isWrite: true,
      isBounded: true,
      next: () => {
        if (pending.length === 0) return null;
        const { count, cost } = this.nextChunk(batch, pending, most);
        sent = count === pending.length ? pending : pending.slice(0, count);
        rest = count === pending.length ? [] : pending.slice(count);
        const indexes = isWhole && count === batch.ends.length ? null : sent;
        return { cost: cost * meter.ratio, operations: count, send: () => this.insert(batch, indexes, cost) };
      },
      settle: async (refusals) => {
        pending = [...(await this.settle(batch, sent, refusals)), ...rest];
      },
      lose: async () => {
        pending = [...(await this.compare(batch, sent, true)), ...rest];
      },
      // Halves, down to the one document that is too large.
      shrink: () => {
        most = sent.length >> 1;
        if (most > 0) return;
        this.reject(batch, sent[0] as number, refusalReason(CODE.requestTooLarge));
        most = Number.POSITIVE_INFINITY;
        pending = rest;
      },
      load: (isRefused, acceptedCost) => {
        this.totals.cost += acceptedCost;
        this.options.onLoad(isRefused ? 1 : 0, acceptedCost);
      },
    });
  }

  /** Sends an insert of that estimated cost. */
  private async insert(batch: DocumentBatch, indexes: readonly number[] | null, cost: number): Promise<WriteRefusal[]> {
    const { collection, pace } = this.access;
    const operations = indexes?.length ?? batch.ends.length;
    this.totals.requests++;
    return await this.access.measuring(
      pace.charges.writes(collection),
      (db) => this.target.insert(collection, batch, indexes, db),
      (refusals) => cost * (1 - refusals.length / operations),
    );
  }

  /** Books an insert's answer; returns what must be sent again. */
  private async settle(batch: DocumentBatch, sent: number[], refused: readonly WriteRefusal[]): Promise<number[]> {
    const again: number[] = [];
    const existing: number[] = [];
    const refusedIndexes = new Set<number>();
    for (const refusal of refused) {
      const index = sent[refusal.index] as number;
      refusedIndexes.add(index);
      if (refusal.code === CODE.tooManyRequests) {
        again.push(index);
      } else if (refusal.code === CODE.exceededTimeLimit || refusal.code === CODE.duplicateKey) {
        existing.push(index);
      } else {
        this.reject(batch, index, refusalReason(refusal.code));
      }
    }
    const accepted = refused.length === 0 ? sent : sent.filter((index) => !refusedIndexes.has(index));
    this.book(batch, accepted, 'inserted');
    if (existing.length > 0) {
      const unknown = new Set(
        refused.filter((r) => r.code === CODE.exceededTimeLimit).map((r) => sent[r.index] as number),
      );
      const missing = await this.compare(batch, existing, false);
      // A document of unknown fate that is not there was not written; a duplicate that is not there met another's unique key.
      again.push(...missing.filter((index) => unknown.has(index)));
      await this.replace(
        batch,
        missing.filter((index) => !unknown.has(index)),
        'inserted',
      );
      // Duplicates in an insert: this range was begun before, so the next batches are looked up first.
      if (missing.length < existing.length) this.isComparing = true;
    }
    return again;
  }

  /** Looks documents up, replaces what differs, and returns those that are not there. */
  private async compare(batch: DocumentBatch, indexes: number[], isOwnWrite: boolean): Promise<number[]> {
    if (indexes.length === 0) return [];
    const missing: number[] = [];
    const same: number[] = [];
    const different: number[] = [];
    const found = await this.access.findByIds(indexes.map((index) => idOf(batch, index)));
    for (const index of indexes) {
      const document = documentAt(batch, index);
      const there = found.get(idKey(document));
      if (there === undefined) missing.push(index);
      else if (there.equals(document)) same.push(index);
      else if (this.access.isStranger(document, there)) this.reject(batch, index, STRANGER_REASON);
      else different.push(index);
    }
    this.book(batch, same, isOwnWrite ? 'inserted' : 'unchanged');
    await this.replace(batch, different, 'replaced');
    return missing;
  }

  private async replace(batch: DocumentBatch, indexes: number[], as: 'inserted' | 'replaced'): Promise<void> {
    if (indexes.length === 0) return;
    const documents = indexes.map((index) => documentAt(batch, index));
    const refused = await replaceUnique(this.access, documents, this.options.unique, rowsOf(batch));
    const refusedAt = new Set(refused.map(({ index }) => index));
    for (const { index, reason } of refused) this.reject(batch, indexes[index] as number, reason);
    this.book(
      batch,
      indexes.filter((_index, position) => !refusedAt.has(position)),
      as,
    );
  }

  /** How many of the pending documents one request may hold, by count (`most`), bytes and request units, and their estimated cost. */
  private nextChunk(batch: DocumentBatch, pending: readonly number[], most: number): { count: number; cost: number } {
    const { collection, traits, pace } = this.access;
    const indexCount = this.options.unique.indexes.length;
    const maxCost = pace.requestCost / pace.charges.writes(collection).ratio;
    const maxBytes = traits.maxRequestBytes - COMMAND_BYTES;
    const maxCount = Math.min(most, traits.maxWriteBatch);
    const isLimited = Number.isFinite(maxCost) || traits.flavour === 'cosmos-ru';
    if (!isLimited && pending.length <= maxCount && batch.bytes.length <= maxBytes) {
      return {
        count: pending.length,
        cost: writeCharge(batch.bytes.length / batch.ends.length, indexCount) * pending.length,
      };
    }
    let count = 0;
    let bytes = 0;
    let cost = 0;
    for (const index of pending) {
      const size = documentBytes(batch, index);
      const price = writeCharge(size, indexCount);
      const isFull = count >= maxCount || bytes + size > maxBytes || cost + price > maxCost;
      if (count > 0 && isFull) break;
      count++;
      bytes += size;
      cost += price;
    }
    return { count, cost };
  }

  private book(batch: DocumentBatch, indexes: readonly number[], as: 'inserted' | 'unchanged' | 'replaced'): void {
    this.totals[as] += indexes.length;
    const isWhole = indexes.length === batch.ends.length;
    const bytes = isWhole ? batch.bytes.length : indexes.reduce((sum, index) => sum + documentBytes(batch, index), 0);
    if (batch.childRows.length > 0) this.bookChildren(batch, indexes, as === 'unchanged');
    this.totals.bytes += bytes;
    this.options.onProgress(indexes.length, bytes);
  }

  private bookChildren(batch: DocumentBatch, indexes: readonly number[], isUnchanged: boolean): void {
    for (const index of indexes) {
      addChildRows(this.totals.childRows, batch.childRows[index]);
      if (isUnchanged) addChildRows(this.totals.childUnchanged, batch.childRows[index]);
    }
  }

  private reject(batch: DocumentBatch, index: number, reason: string): void {
    this.totals.rejected.push({
      key: idKey(documentAt(batch, index)),
      reason,
      childRows: batch.childRows[index] ?? [],
    });
  }
}

function idOf(batch: DocumentBatch, index: number): unknown {
  return idValue(idKey(documentAt(batch, index)));
}
