import { setTimeout as sleep } from 'node:timers/promises';
import type { Document } from 'mongodb';
import { idElementOf, idKey, keyElements } from '../mlflow/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { writeCharge } from '../plan/estimate.ts';
import { idValue, type TargetDatabase, type WriteRefusal } from './client.ts';
import { CODE, failureKind, retryAfterMs, targetError } from './errors.ts';
import type { TargetTraits } from './flavour.ts';
import type { Pace } from './pace.ts';

/** Longest wait between tries after lost connections, and how many there are. */
const MAX_RETRY_MS = 5_000;
const MAX_LOST_CONNECTIONS = 12;
/** Documents that one replacing command carries. */
const REPLACE_STEP = 100;

/** The collection that is worked on, and the field that it is sharded by. */
type Place = Pick<CollectionDefinition, 'collection' | 'shardKey'>;

/** Stands for documents of one `_id` under several values of the shard key: equal to none, so that it is replaced. */
const SEVERAL = Buffer.from([5, 0, 0, 0, 0]);

/**
 * Whole commands on one collection at the target's pace: tried again after refusals and lost connections for as long as
 * the target makes progress. Repeating any of them changes nothing, as each names its documents by `_id`.
 */
export class DocumentAccess {
  readonly collection: string;
  private readonly shardKey: string | null;
  readonly target: TargetDatabase;
  readonly traits: TargetTraits;
  readonly pace: Pace;
  /** Requests of which something was refused for lack of throughput. */
  throttled = 0;
  private readonly signal: AbortSignal | undefined;

  constructor(target: TargetDatabase, traits: TargetTraits, pace: Pace, place: Place, signal?: AbortSignal) {
    this.target = target;
    this.traits = traits;
    this.pace = pace;
    this.collection = place.collection;
    this.shardKey = place.shardKey ?? null;
    this.signal = signal;
  }

  /** Documents with these `_id`s as BSON bytes, by `idKey`. */
  async findByIds(ids: readonly unknown[]): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for (const document of await this.findAllByIds(ids, {})) {
      const key = idKey(document);
      found.set(key, found.has(key) ? SEVERAL : document);
    }
    return found;
  }

  private async findAllByIds(ids: readonly unknown[], projection: Document): Promise<Buffer[]> {
    const found: Buffer[] = [];
    const step = this.traits.maxWriteBatch;
    for (let start = 0; start < ids.length; start += step) {
      const part = ids.slice(start, start + step);
      const documents = await this.command(part.length, () => this.target.findByIds(this.collection, part, projection));
      for (const document of documents) found.push(document);
    }
    return found;
  }

  /** What names each document of these `_id`s in a sharded collection, where a filter must hold the shard key. */
  private async findKeys(keys: readonly string[], shardKey: string): Promise<{ id: string; elements: Buffer }[]> {
    const documents = await this.findAllByIds(keys.map(idValue), { _id: 1, [shardKey]: 1 });
    return documents.map((document) => ({ id: idKey(document), elements: keyElements(document, shardKey) }));
  }

  /** Replaces or inserts whole documents; returns those that the target refused for another reason than throughput. */
  async replace(documents: readonly Buffer[]): Promise<WriteRefusal[]> {
    const { shardKey } = this;
    if (shardKey !== null) await this.deleteElsewhere(documents, shardKey);
    const refused: WriteRefusal[] = [];
    for (let start = 0, end = 0; start < documents.length; start = end) {
      let bytes = 0;
      for (end = start; end < documents.length && end - start < REPLACE_STEP; end++) {
        const size = (documents[end] as Buffer).length;
        if (end > start && bytes + size > this.traits.maxRequestBytes / 2) break;
        bytes += size;
      }
      const part = documents.slice(start, end);
      const cost = 2 * writeCharge(bytes / part.length, 0) * part.length;
      const send = (items: readonly Buffer[]) => this.target.replace(this.collection, items, shardKey);
      for (const refusal of await this.write(part, cost, send))
        refused.push({ ...refusal, index: start + refusal.index });
    }
    return refused;
  }

  /**
   * Deletes what has the `_id` of one of the documents and another shard key: a document's shard key cannot be changed in
   * place, and `_id` is unique for one value of it only (cosmos-facts.md §7).
   */
  private async deleteElsewhere(documents: readonly Buffer[], shardKey: string): Promise<void> {
    const right = new Map(documents.map((document) => [idKey(document), keyElements(document, shardKey)]));
    const there = await this.findKeys([...right.keys()], shardKey);
    await this.deleteAll(there.filter(({ id, elements }) => right.get(id)?.equals(elements) !== true));
  }

  /** Deletes documents by their `idKey`s. */
  async delete(keys: readonly string[]): Promise<void> {
    const { shardKey } = this;
    await this.deleteAll(
      shardKey === null ? keys.map((id) => ({ id, elements: idElementOf(id) })) : await this.findKeys(keys, shardKey),
    );
  }

  private async deleteAll(found: readonly { readonly elements: Buffer }[]): Promise<void> {
    const keys = found.map(({ elements }) => elements);
    for (let start = 0; start < keys.length; start += this.traits.maxWriteBatch) {
      const part = keys.slice(start, start + this.traits.maxWriteBatch);
      await this.write(part, part.length * 5, (items) => this.target.delete(this.collection, items));
    }
  }

  /** Sends items until none is refused for lack of throughput; the refusals of other kinds come back. */
  private async write(
    items: readonly Buffer[],
    cost: number,
    send: (items: readonly Buffer[]) => Promise<WriteRefusal[]>,
  ): Promise<WriteRefusal[]> {
    const permanent: WriteRefusal[] = [];
    const begun = performance.now();
    let pending = items.map((_item, index) => index);
    while (pending.length > 0) {
      const sent = pending;
      const sentCost = (cost * sent.length) / items.length;
      const refusals = await this.command(sentCost, () => send(sent.map((index) => items[index] as Buffer)));
      pending = [];
      let waitMs = 0;
      for (const refusal of refusals) {
        const index = sent[refusal.index] as number;
        if (refusal.code === CODE.tooManyRequests || refusal.code === CODE.exceededTimeLimit) {
          pending.push(index);
          waitMs = Math.max(waitMs, retryAfterMs(refusal.message) ?? 100);
        } else {
          permanent.push({ ...refusal, index });
        }
      }
      if (pending.length === 0) break;
      this.throttled++;
      this.pace.assertProgress(begun, this.target.display);
      await sleep(waitMs + 5, undefined, { signal: this.signal });
    }
    return permanent;
  }

  /** Runs a command at the pace. Throws a MigrationError for what a repeat cannot cure. */
  async command<T>(cost: number, send: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    for (let lost = 0; ; ) {
      await this.pace.enter(Math.min(cost, this.pace.requestCost), this.signal);
      try {
        const result = await send();
        this.pace.leave({ cost, acceptedCost: cost, isRefused: false, retryAfterMs: null });
        return result;
      } catch (error) {
        const kind = failureKind(error);
        const told = retryAfterMs(error instanceof Error ? error.message : '');
        this.pace.leave({ cost, acceptedCost: 0, isRefused: kind === 'throttled', retryAfterMs: told });
        if (kind === 'permanent') throw targetError(error, this.target.display);
        if (kind === 'throttled') this.throttled++;
        else await this.pause(lost++, error);
        this.pace.assertProgress(begun, this.target.display);
      }
    }
  }

  /** Waits before the next try after a lost connection; throws when lost connections are all there is. */
  async pause(tries: number, error: unknown): Promise<void> {
    if (tries >= MAX_LOST_CONNECTIONS) throw targetError(error, this.target.display);
    const waitMs = Math.min(MAX_RETRY_MS, 100 * 2 ** tries) * (0.75 + Math.random() / 2);
    await sleep(waitMs, undefined, { signal: this.signal });
  }
}
