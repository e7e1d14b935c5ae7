import { type DocumentBatch, documentAt, documentBytes, idKey } from '../encoding/documentBatch.ts';
import { asError } from '../errors.ts';
import { cutRequest } from './cutRequest.ts';
import type { DocumentAccess } from './documentAccess.ts';
import { EqualDocuments } from './equalDocuments.ts';
import { CODE, isUnsettled } from './failureKind.ts';
import { idValue } from './idValue.ts';
import { STRANGER_REASON } from './isStranger.ts';
import { measureCharge } from './measureCharge.ts';
import { refusalReason } from './refusalReason.ts';
import { replaceUnique, rowsOf, type UniqueRules } from './replaceUnique.ts';
import { sizeRefusal } from './targetTraits.ts';
import type { WriteRefusal } from './writeRefusal.ts';
import { type WriteObserver, WriteTally, type WriteTotals } from './writeTally.ts';

/** Documents in a row that may each cost the command that they are in. */
const MOST_REFUSED_ALONE = 50;

/** How much is written at once, and who is told of it. */
export interface WriterOptions extends WriteObserver {
  /** Batches in flight at once. */
  readonly maxInFlight: number;
  readonly unique: UniqueRules;
  /** Waits until the process has room for a batch; gives the function to call when it is done with. Without it there always is. */
  readonly admit?: (batch: DocumentBatch) => Promise<() => void>;
}

/**
 * Writes batches to one collection so that any of them may come twice: it inserts first, and compares or replaces only
 * what exists already (measured: bench/measured.md §2). Where the first document of all exists, the range was begun
 * before: then each batch is looked up first, as refused duplicates are the dearest of all writes.
 *
 * Three things may become of a document: it is inserted, it stands there already (equal, or replaced), or it is rejected, and
 * the tally books each exactly once. What may not happen is that one is left out because it is thought to be there: after an
 * answer of which it is not known what was applied, the target is asked.
 *
 * Within a batch documents go by their positions, in ascending order.
 */
export class DocumentWriter {
  readonly #access: DocumentAccess;
  readonly #equal: EqualDocuments;
  readonly #options: WriterOptions;
  readonly #tally: WriteTally;
  readonly #running = new Set<Promise<void>>();
  /** The first one. Nothing more is taken then; who calls hears of it with the next batch, or at the end. */
  #failure: Error | null = null;
  /** Documents one after the other that cost their command, with none between that was taken. */
  #refusedAlone = 0;
  /** Are batches looked up before they are inserted? Null until the first one tells. */
  #isComparing: boolean | null = null;

  constructor(access: DocumentAccess, options: WriterOptions) {
    this.#access = access;
    this.#equal = new EqualDocuments(access);
    this.#options = options;
    this.#tally = new WriteTally(options);
  }

  /** Takes a batch; returns when another can be taken. Throws the first failure of an earlier batch. */
  async write(batch: DocumentBatch): Promise<void> {
    for (const row of batch.rejected ?? []) this.#tally.totals.rejected.push(row);
    if (batch.ends.length === 0) return;
    // Asked once for each range, before batches run beside each other: all of them go by the answer.
    this.#isComparing ??= await this.#isBegun(batch);
    while (this.#running.size >= this.#options.maxInFlight) await Promise.race(this.#running);
    if (this.#failure !== null) throw this.#failure;
    // Room is taken after a place is free: who waited for a place with room in hand would keep other migrations from theirs.
    const release = await this.#options.admit?.(batch);
    const work = this.#process(batch)
      .catch((error: unknown) => {
        this.#failure ??= asError(error);
      })
      .finally(() => {
        this.#running.delete(work);
        release?.();
      });
    this.#running.add(work);
  }

  /** Waits for all batches and says what became of them. Throws the first failure. */
  async finish(): Promise<WriteTotals> {
    await Promise.all(this.#running);
    if (this.#failure !== null) throw this.#failure;
    return this.#tally.totals;
  }

  /** Is the first document of the range there? An earlier try wrote in the order of reading, give or take the batches in flight. */
  async #isBegun(batch: DocumentBatch): Promise<boolean> {
    const found = await this.#access.findByIds([documentIdAt(batch, 0)]);
    return found.size > 0;
  }

  /** Writes one batch. Batches beside it may turn `#isComparing` meanwhile: either way is right, and one is the cheaper. */
  async #process(batch: DocumentBatch): Promise<void> {
    const fitting = this.#rejectOversized(batch);
    if (this.#isComparing !== true) return await this.#insert(batch, fitting);
    const missing = await this.#compareWhole(batch, fitting);
    // Past the end of what an earlier try had written, inserting first is the cheaper way again.
    if (missing.length === fitting.length) this.#isComparing = false;
    await this.#insert(batch, missing);
  }

  /** The documents that the target can hold; the others are rejected, as one of them would fail its whole request. */
  #rejectOversized(batch: DocumentBatch): number[] {
    const { traits } = this.#access;
    const all = batch.ends.map((_end, index) => index);
    if (batch.bytes.length <= traits.maxDocumentBytes) return all;
    return all.filter((index) => {
      const refusal = sizeRefusal(documentBytes(batch, index), traits);
      if (refusal !== null) this.#tally.reject(batch, index, refusal);
      return refusal === null;
    });
  }

  /** Inserts documents in as many requests as it takes, until each of them stands there or is rejected. */
  async #insert(batch: DocumentBatch, documents: readonly number[]): Promise<void> {
    const { collection, traits, limiter } = this.#access;
    const meter = limiter.charges.writes(collection);
    const sender = this.#access.sender({ effect: 'adds', isBounded: true });
    let pending = documents;
    let most = traits.maxWriteBatch;
    while (pending.length > 0) {
      const { count, cost } = cutRequest(batch, pending, {
        maxDocuments: most,
        maxBytes: traits.maxRequestBytes,
        maxCost: limiter.requestCost / meter.ratio,
        isCharged: traits.isCharged,
        indexCount: this.#options.unique.indexes.length,
      });
      const sent = pending.slice(0, count);
      const rest = pending.slice(count);
      const answer = await sender.send({
        cost: cost * meter.ratio,
        operations: count,
        send: () => this.#sendInsert(batch, sent, cost),
      });
      switch (answer.kind) {
        case 'done':
          if (answer.refused.length < count) this.#refusedAlone = 0;
          pending = [...(await this.#settle(batch, sent, answer.refused)), ...rest];
          break;
        case 'refused':
          // None of them is there, so that there is nothing to look up. The sender has told the rate limiter: the next request may hold fewer.
          break;
        case 'unknown':
          // All of it, some, or nothing may have arrived. Sent again as it is, what arrived would be refused as duplicates, which
          // are dear, and could not be told from documents of before: it counts as inserted if it stands there equal.
          pending = [...(await this.#compare(batch, sent, 'inserted')), ...rest];
          break;
        case 'too-large':
          // The target has its own idea of a request's size, or does not take one of its documents. Halves, for the rest of the
          // batch, down to the one that is at fault.
          most = count >> 1;
          if (most > 0) break;
          // What refuses all of them refuses the request: to name each as a rejected row would say something else.
          if (answer.code !== CODE.requestTooLarge && ++this.#refusedAlone > MOST_REFUSED_ALONE) throw answer.failure;
          this.#tally.reject(batch, sent[0] as number, refusalReason(answer.code));
          most = traits.maxWriteBatch;
          pending = rest;
          break;
      }
    }
  }

  /** Sends an insert of that estimated cost. A whole batch goes without being copied, as it stands. */
  async #sendInsert(batch: DocumentBatch, documents: readonly number[], cost: number): Promise<WriteRefusal[]> {
    const { collection, target, limiter } = this.#access;
    const isWhole = documents.length === batch.ends.length;
    return await measureCharge(
      this.#access,
      limiter.charges.writes(collection),
      (db) => target.insert(collection, batch, isWhole ? null : documents, db),
      (refusals) => cost * (1 - refusals.length / documents.length),
    );
  }

  /** Books an insert's answer; returns what must be sent again. */
  async #settle(batch: DocumentBatch, sent: readonly number[], refused: readonly WriteRefusal[]): Promise<number[]> {
    if (refused.length === 0) {
      this.#tally.book(batch, sent, 'inserted');
      return [];
    }
    const codes = new Map(refused.map(({ index, code }) => [sent[index] as number, code]));
    const refusedWhere = (isWanted: (code: number) => boolean) =>
      [...codes].flatMap(([index, code]) => (isWanted(code) ? [index] : []));
    for (const [index, code] of codes) {
      if (code !== CODE.tooManyRequests && !mayBeThere(code)) this.#tally.reject(batch, index, refusalReason(code));
    }
    this.#tally.book(
      batch,
      sent.filter((index) => !codes.has(index)),
      'inserted',
    );
    // Of these it is known that they were not applied.
    const again = refusedWhere((code) => code === CODE.tooManyRequests);
    const existing = refusedWhere(mayBeThere);
    if (existing.length > 0) {
      const missing = await this.#compare(batch, existing, 'unchanged');
      // A document of unknown fate that is not there was not written; a duplicate that is not there met another's unique key,
      // such as of a row that has given its value to this one since: replacing knows how to settle that.
      const isUnknown = (index: number) => isUnsettled(codes.get(index) as number);
      again.push(...missing.filter(isUnknown));
      await this.#replace(
        batch,
        missing.filter((index) => !isUnknown(index)),
        'inserted',
      );
      // Duplicates in an insert: this range was begun before, so the next batches are looked up first.
      if (missing.length < existing.length) this.#isComparing = true;
    }
    // A whole batch goes as it stands, so a refusal of it names the right document only while positions ascend.
    return again.sort((one, other) => one - other);
  }

  /** As {@link #compare}, for a batch of which most may well stand there already, equal. */
  async #compareWhole(batch: DocumentBatch, fitting: readonly number[]): Promise<number[]> {
    const others = new Set(await this.#equal.findOthers(batch));
    this.#tally.book(
      batch,
      fitting.filter((index) => !others.has(index)),
      'unchanged',
    );
    return await this.#compare(
      batch,
      fitting.filter((index) => others.has(index)),
      'unchanged',
    );
  }

  /**
   * Looks documents up, replaces what differs, and returns those that are not there. Those that stand there equal are booked as
   * said: only the caller knows whether this run may have put them there. What belongs to somebody else stays, and its row is rejected.
   */
  async #compare(
    batch: DocumentBatch,
    documents: readonly number[],
    equalAs: 'inserted' | 'unchanged',
  ): Promise<number[]> {
    if (documents.length === 0) return [];
    const missing: number[] = [];
    const same: number[] = [];
    const different: number[] = [];
    const found = await this.#access.findByIds(documents.map((index) => documentIdAt(batch, index)));
    for (const index of documents) {
      const document = documentAt(batch, index);
      const there = found.get(idKey(document));
      if (there === undefined) missing.push(index);
      else if (there.equals(document)) same.push(index);
      else if (this.#access.isStranger(document, there)) this.#tally.reject(batch, index, STRANGER_REASON);
      else different.push(index);
    }
    this.#tally.book(batch, same, equalAs);
    await this.#replace(batch, different, 'replaced');
    return missing;
  }

  /** Replaces documents, or inserts them where that met a unique value of another; what is refused all the same is rejected. */
  async #replace(batch: DocumentBatch, indexes: readonly number[], as: 'inserted' | 'replaced'): Promise<void> {
    if (indexes.length === 0) return;
    const documents = indexes.map((index) => documentAt(batch, index));
    const refused = await replaceUnique(this.#access, documents, this.#options.unique, rowsOf(batch));
    const refusedAt = new Set(refused.map(({ index }) => index));
    for (const { index, reason } of refused) this.#tally.reject(batch, indexes[index] as number, reason);
    this.#tally.book(
      batch,
      indexes.filter((_index, position) => !refusedAt.has(position)),
      as,
    );
  }
}

/** May a document whose insert was refused with the code stand there all the same? */
function mayBeThere(code: number): boolean {
  return code === CODE.duplicateKey || isUnsettled(code);
}

function documentIdAt(batch: DocumentBatch, index: number): unknown {
  return idValue(idKey(documentAt(batch, index)));
}
