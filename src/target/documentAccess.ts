import type { Db, Document } from 'mongodb';
import { idElementOf, idKey, keyElements } from '../encoding/documentBatch.ts';
import { MigrationError } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { writeCharge } from '../plan/estimate.ts';
import { retry } from '../retry.ts';
import type { FoundSpan } from './driverInternals.ts';
import { CODE, failureKind } from './failureKind.ts';
import { idValue } from './idValue.ts';
import { isStranger } from './isStranger.ts';
import { measureCharge } from './measureCharge.ts';
import type { RateLimiter } from './rateLimiter.ts';
import { isHeldUp, RequestSender, type TargetLine, type WorkTraits } from './requestSender.ts';
import { AFTER_LOST_CONNECTIONS } from './retryPolicies.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { targetError } from './targetError.ts';
import type { TargetTraits } from './targetTraits.ts';
import type { WriteRefusal } from './writeRefusal.ts';

/** Documents that one replacing command carries. */
const REPLACE_STEP = 100;
/** Request units of a read that finds nothing, about. */
const READ_BASE = 2;

/** What requests have cost the target. */
export interface TargetLoad {
  readonly requests: number;
  /** Of them those of which something was refused for lack of throughput. */
  readonly throttled: number;
  /** As estimated and corrected by what was measured; 0 where the target charges none. */
  readonly requestUnits: number;
}

/** What ends waiting and keeps requests from being sent, see {@link TargetLine}, whose documents the collection holds, and who counts. */
export interface AccessOptions extends Pick<TargetLine, 'stallMs' | 'signal' | 'guard'> {
  /** Does the collection hold documents of others, which are not to be replaced? */
  readonly hasStrangers?: boolean;
  /** Told after each request, whatever it did, and of what a read turns out to have cost less than was told. */
  readonly onLoad?: ((load: TargetLoad) => void) | undefined;
}

/** Of a collection's definition: what finds one of its documents. */
export type DocumentPlace = Pick<CollectionDefinition, 'collection' | 'shardKey' | 'optionalFields'>;

/** Stands for documents of one `_id` under several values of the shard key: equal to none, so that it is replaced. */
const SEVERAL = Buffer.from([5, 0, 0, 0, 0]);

/**
 * Whole commands on one collection, let in by the target's rate limiter: sent again after refusals and lost connections for as long as
 * the target makes progress. Repeating any of them changes nothing, as each names its documents by `_id`.
 */
export class DocumentAccess {
  readonly collection: string;
  /** Field by which the collection is sharded, null where it is not. */
  readonly shardKey: string | null;
  readonly target: TargetDatabase;
  readonly traits: TargetTraits;
  readonly limiter: RateLimiter;
  readonly #line: TargetLine;
  readonly #hasStrangers: boolean;
  readonly #onLoad: ((load: TargetLoad) => void) | undefined;
  readonly #optionalFields: readonly string[];

  constructor(
    target: TargetDatabase,
    traits: TargetTraits,
    limiter: RateLimiter,
    place: DocumentPlace,
    options: AccessOptions,
  ) {
    this.target = target;
    this.traits = traits;
    this.limiter = limiter;
    this.collection = place.collection;
    this.shardKey = place.shardKey ?? null;
    const { stallMs, signal, guard } = options;
    this.#line = { target, traits, limiter, stallMs, signal, guard };
    this.#hasStrangers = options.hasStrangers === true;
    this.#onLoad = options.onLoad;
    this.#optionalFields = place.optionalFields ?? [];
  }

  /** Does a document of somebody else stand where ours belongs, and must stay? */
  isStranger(ours: Buffer, theirs: Buffer): boolean {
    return this.#hasStrangers && isStranger(ours, theirs, this.#optionalFields);
  }

  /** Documents with these `_id`s as BSON bytes, by `idKey`. */
  async findByIds(ids: readonly unknown[]): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for (const document of await this.#findAllByIds(ids, null)) {
      const key = idKey(document);
      found.set(key, found.has(key) ? SEVERAL : document);
    }
    return found;
  }

  /** Documents from one `idKey` to another, in the order of `_id`: `limit` at most, and no more than one reply holds. */
  async findBetween(low: string, high: string, limit: number): Promise<FoundSpan> {
    const ends = [idValue(low), idValue(high)] as const;
    let found: FoundSpan | null = null;
    await this.read(limit, 1, async (db) => {
      found = await this.target.findBetween(this.collection, ends, limit, db);
      return found.starts;
    });
    return found as unknown as FoundSpan;
  }

  async #findAllByIds(ids: readonly unknown[], projection: Document | null): Promise<Buffer[]> {
    const found: Buffer[] = [];
    const step = this.traits.maxWriteBatch;
    for (let start = 0; start < ids.length; start += step) {
      for (const document of await this.#findPart(ids.slice(start, start + step), projection)) found.push(document);
    }
    return found;
  }

  /**
   * What one reply cannot hold is asked for in halves. A cursor's next batch, once refused for lack of throughput, is gone with
   * the cursor, so that the whole would be begun again, and refused at the same place for ever (cosmos-facts.md §5).
   */
  async #findPart(ids: readonly unknown[], projection: Document | null): Promise<readonly Buffer[]> {
    let isWhole = false;
    const documents = await this.read(ids.length, 1, async (db) => {
      const reply = await this.target.findByIds(this.collection, ids, projection, db);
      ({ isWhole } = reply);
      return reply.documents;
    });
    if (isWhole) return documents;
    // Of one `_id` there are several, in a sharded collection, and that is all there is to know of them.
    if (ids.length === 1) return [...documents, ...documents];
    const middle = Math.ceil(ids.length / 2);
    return [
      ...(await this.#findPart(ids.slice(0, middle), projection)),
      ...(await this.#findPart(ids.slice(middle), projection)),
    ];
  }

  /** What names each document of these `_id`s in a sharded collection, where a filter must hold the shard key. */
  async #findKeys(keys: readonly string[], shardKey: string): Promise<{ id: string; elements: Buffer }[]> {
    const documents = await this.#findAllByIds(keys.map(idValue), { _id: 1, [shardKey]: 1 });
    return documents.map((document) => ({ id: idKey(document), elements: keyElements(document, shardKey) }));
  }

  /** Replaces or inserts whole documents; returns those that the target refused for another reason than throughput. */
  async replace(documents: readonly Buffer[]): Promise<WriteRefusal[]> {
    const { shardKey } = this;
    if (shardKey !== null) await this.#deleteElsewhere(documents, shardKey);
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
      for (const refusal of await this.#write(part, cost, send))
        refused.push({ ...refusal, index: start + refusal.index });
    }
    return refused;
  }

  /**
   * Changes documents by update statements, each of one document that it names; returns those that the target refused for
   * another reason than throughput. Statements must be such that one applied twice changes nothing more.
   */
  async update(statements: readonly Document[]): Promise<WriteRefusal[]> {
    const refused: WriteRefusal[] = [];
    for (let start = 0; start < statements.length; start += REPLACE_STEP) {
      const part = statements.slice(start, start + REPLACE_STEP);
      const cost = 2 * writeCharge(1_000, 0) * part.length;
      for (const refusal of await this.#write(part, cost, (items) => this.target.update(this.collection, items)))
        refused.push({ ...refusal, index: start + refusal.index });
    }
    return refused;
  }

  /**
   * Deletes what has the `_id` of one of the documents and another shard key: a document's shard key cannot be changed in
   * place, and `_id` is unique for one value of it only (cosmos-facts.md §7). A kill before the document is written under
   * its new key leaves it missing, and it is written when its row is compared: every run compares all rows once.
   */
  async #deleteElsewhere(documents: readonly Buffer[], shardKey: string): Promise<void> {
    const right = new Map(documents.map((document) => [idKey(document), keyElements(document, shardKey)]));
    const there = await this.#findKeys([...right.keys()], shardKey);
    await this.#deleteAll(there.filter(({ id, elements }) => right.get(id)?.equals(elements) !== true));
  }

  /** Deletes documents by their `idKey`s. Throws `target-refused` where one was refused. */
  async delete(keys: readonly string[]): Promise<void> {
    const { shardKey } = this;
    await this.#deleteAll(
      shardKey === null ? keys.map((id) => ({ id, elements: idElementOf(id) })) : await this.#findKeys(keys, shardKey),
    );
  }

  async #deleteAll(found: readonly { readonly elements: Buffer }[]): Promise<void> {
    const keys = found.map(({ elements }) => elements);
    for (let start = 0; start < keys.length; start += this.traits.maxWriteBatch) {
      const part = keys.slice(start, start + this.traits.maxWriteBatch);
      const [refusal] = await this.#write(part, part.length * 5, (items) => this.target.delete(this.collection, items));
      if (refusal === undefined) continue;
      throw new MigrationError(
        'target-refused',
        `The target ${this.target.display} refuses to delete documents of ${this.collection} (code ${refusal.code})`,
        { hint: 'Give the user the role readWrite on the target database' },
      );
    }
  }

  /**
   * Sends items that replace, change or delete documents until none is refused for lack of throughput; the refusals of other
   * kinds come back. A request that the target finds too large goes in halves, down to the document that is.
   */
  async #write<T>(
    items: readonly T[],
    cost: number,
    send: (items: readonly T[]) => Promise<WriteRefusal[]>,
  ): Promise<WriteRefusal[]> {
    const permanent: WriteRefusal[] = [];
    const meter = this.limiter.charges.writes(this.collection);
    const sender = this.sender({ effect: 'replaces', isBounded: true });
    let pending = items.map((_item, index) => index);
    let most = pending.length;
    while (pending.length > 0) {
      const sent = pending.slice(0, most);
      const answer = await sender.send({
        cost: (cost * meter.ratio * sent.length) / items.length,
        operations: sent.length,
        send: () => send(sent.map((index) => items[index] as T)),
      });
      if (answer.kind === 'too-large' && sent.length > 1) most = sent.length >> 1;
      // Each item names its document, so that all of them may go again where it is not known which were applied.
      if (answer.kind === 'refused' || answer.kind === 'unknown' || sent.length > most) continue;
      const refused =
        answer.kind === 'done'
          ? answer.refused
          : [{ index: 0, code: CODE.requestTooLarge, message: answer.failure.message }];
      pending = pending.slice(sent.length);
      for (const refusal of refused) {
        const index = sent[refusal.index] as number;
        if (isHeldUp(refusal)) pending.push(index);
        else permanent.push({ ...refusal, index });
      }
    }
    return permanent;
  }

  /** Sends a command when the rate limiter lets it in; see {@link WorkTraits.isBounded}. Throws a MigrationError for what a repeat cannot cure. */
  async command<T>(cost: number, send: () => Promise<T>, isBounded = false): Promise<T> {
    return await this.sender({ effect: 'none', isBounded }).ask(cost, send);
  }

  /**
   * Reads documents by one command: `expected` at most, thought to cost so many request units each. What it is really
   * charged is measured now and then.
   */
  async read<T extends readonly unknown[]>(
    expected: number,
    unitsEach: number,
    send: (db: Db) => Promise<T>,
  ): Promise<T> {
    const { limiter } = this;
    const unitsOf = (count: number) => READ_BASE + count * unitsEach;
    const meter = limiter.charges.reads(this.collection);
    const booked = unitsOf(expected) * meter.ratio;
    const measured = () => measureCharge(this, meter, send, (found) => unitsOf(found.length));
    const documents = await this.command(booked, measured, true);
    const cheaper = booked - unitsOf(documents.length) * meter.ratio;
    limiter.cheaper(cheaper);
    this.#count({ requests: 0, throttled: 0, requestUnits: -cheaper });
    return documents;
  }

  /** Reads something that takes several requests, from its beginning again where a connection was lost on the way. */
  async reread<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await retry(AFTER_LOST_CONNECTIONS, read, this.#line.signal);
    } catch (error) {
      throw failureKind(error) === 'unknown' ? targetError(error, this.target.display) : error;
    }
  }

  /** For one piece of work that takes several requests. All that is sent here goes through one, so that it is counted here. */
  sender(work: Pick<WorkTraits, 'effect' | 'isBounded'>): RequestSender {
    const onLoad = (isRefused: boolean, acceptedCost: number) =>
      this.#count({ requests: 1, throttled: isRefused ? 1 : 0, requestUnits: acceptedCost });
    return new RequestSender(this.#line, { ...work, onLoad });
  }

  #count(load: TargetLoad): void {
    this.#onLoad?.(this.traits.isCharged ? load : { ...load, requestUnits: 0 });
  }
}
