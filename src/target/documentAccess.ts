import { setTimeout as sleep } from 'node:timers/promises';
import type { Db, Document } from 'mongodb';
import { idElementOf, idKey, keyElements } from '../encoding/documentBatch.ts';
import { MigrationError } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { writeCharge } from '../plan/estimate.ts';
import type { ChargeMeter } from './chargeMeter.ts';
import { idValue, type TargetDatabase, type WriteRefusal } from './client.ts';
import {
  CODE,
  errorCode,
  failureCode,
  failureKind,
  isWithoutServer,
  retryAfterMs,
  targetError,
  toldWait,
} from './errors.ts';
import type { TargetTraits } from './flavour.ts';
import type { Pace, RequestOutcome } from './pace.ts';
import { isStranger } from './strangers.ts';

/** Longest wait between tries after lost connections, and how many there are. */
const MAX_RETRY_MS = 5_000;
const MAX_LOST_CONNECTIONS = 12;
/** Requests in flight are let end for so long when work is asked to stop; the outcome of one that takes longer is looked up later. */
const STOP_PATIENCE_MS = 2_000;
/** Documents that one replacing command carries. */
const REPLACE_STEP = 100;
/** Request units of a read that finds nothing, about. */
const READ_BASE = 2;

/** One request to the target. */
export interface PacedRequest {
  /** Estimated request units. */
  readonly cost: number;
  /** Operations that it carries, each of which may be refused. */
  readonly operations: number;
  /** Sends it, and says which operations were refused. */
  send(): Promise<readonly WriteRefusal[]>;
}

/** Work that takes one or more requests, which {@link DocumentAccess.run} sends. */
export interface PacedWork {
  /** Does it change documents? Then {@link AccessOptions.guard} is asked before each request. */
  readonly isWrite: boolean;
  /** Does it replace, change or delete documents that stand there? Absent means no. */
  readonly isDestructive?: true;
  /** Does each request name its documents? Then one without an answer for the stall time has none any more; an index may take longer. */
  readonly isBounded: boolean;
  /** The next request, null when nothing is left. A request that came to nothing is asked for again. */
  next(): PacedRequest | null;
  /** Books the answer to the last request; what it refused for lack of throughput belongs to a later one. */
  settle(refusals: readonly WriteRefusal[]): void | Promise<void>;
  /** The last request may or may not have been applied: finds out what of it is left. Without this all of it is. */
  lose?(): Promise<void>;
  /** The last request was too large as a whole: makes the next smaller. Without this the work fails. */
  shrink?(): void;
  /** Told after each request: was something refused, and what did cost that which was accepted? */
  load?(isRefused: boolean, acceptedCost: number): void;
}

export interface AccessOptions {
  /** Ends waiting and sending. */
  readonly signal?: AbortSignal;
  /**
   * Asked before each request that inserts, replaces or deletes documents, also when one is sent again; reads and
   * {@link DocumentAccess.command} are not asked for. What it throws goes up unchanged, and nothing is sent. The request
   * has its place at the target by then, so a guard must not wait for one by the same {@link Pace}. It is told whether documents
   * that stand there would go.
   */
  readonly guard?: (isDestructive: boolean) => Promise<void>;
  /** Does the collection hold documents of others, which are not to be replaced? */
  readonly hasStrangers?: boolean;
}

/** The collection that is worked on, and the field that it is sharded by. */
type Place = Pick<CollectionDefinition, 'collection' | 'shardKey' | 'optionalFields'>;

/** Stands for documents of one `_id` under several values of the shard key: equal to none, so that it is replaced. */
const SEVERAL = Buffer.from([5, 0, 0, 0, 0]);

/**
 * Whole commands on one collection at the target's pace: tried again after refusals and lost connections for as long as
 * the target makes progress. Repeating any of them changes nothing, as each names its documents by `_id`.
 */
export class DocumentAccess {
  readonly collection: string;
  /** Field by which the collection is sharded, null where it is not. */
  readonly shardKey: string | null;
  readonly target: TargetDatabase;
  readonly traits: TargetTraits;
  readonly pace: Pace;
  /** Requests of which something was refused for lack of throughput. */
  throttled = 0;
  private readonly signal: AbortSignal | undefined;
  private readonly guard: ((isDestructive: boolean) => Promise<void>) | undefined;
  private readonly hasStrangers: boolean;
  private readonly optionalFields: readonly string[];

  constructor(target: TargetDatabase, traits: TargetTraits, pace: Pace, place: Place, options: AccessOptions = {}) {
    this.target = target;
    this.traits = traits;
    this.pace = pace;
    this.collection = place.collection;
    this.shardKey = place.shardKey ?? null;
    this.signal = options.signal;
    this.guard = options.guard;
    this.hasStrangers = options.hasStrangers === true;
    this.optionalFields = place.optionalFields ?? [];
  }

  /** Does a document of somebody else stand where ours belongs, and must stay? */
  isStranger(ours: Buffer, theirs: Buffer): boolean {
    return this.hasStrangers && isStranger(ours, theirs, this.optionalFields);
  }

  /** Documents with these `_id`s as BSON bytes, by `idKey`. */
  async findByIds(ids: readonly unknown[]): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for (const document of await this.findAllByIds(ids, null)) {
      const key = idKey(document);
      found.set(key, found.has(key) ? SEVERAL : document);
    }
    return found;
  }

  private async findAllByIds(ids: readonly unknown[], projection: Document | null): Promise<Buffer[]> {
    const found: Buffer[] = [];
    const step = this.traits.maxWriteBatch;
    for (let start = 0; start < ids.length; start += step) {
      for (const document of await this.findPart(ids.slice(start, start + step), projection)) found.push(document);
    }
    return found;
  }

  /**
   * What one reply cannot hold is asked for in halves. A cursor's next batch, once refused for lack of throughput, is gone with
   * the cursor, so that the whole would be begun again, and refused at the same place for ever (cosmos-facts.md §5).
   */
  private async findPart(ids: readonly unknown[], projection: Document | null): Promise<readonly Buffer[]> {
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
      ...(await this.findPart(ids.slice(0, middle), projection)),
      ...(await this.findPart(ids.slice(middle), projection)),
    ];
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
   * Changes documents by update statements, each of one document that it names; returns those that the target refused for
   * another reason than throughput. Statements must be such that one applied twice changes nothing more.
   */
  async update(statements: readonly Document[]): Promise<WriteRefusal[]> {
    const refused: WriteRefusal[] = [];
    for (let start = 0; start < statements.length; start += REPLACE_STEP) {
      const part = statements.slice(start, start + REPLACE_STEP);
      const cost = 2 * writeCharge(1_000, 0) * part.length;
      for (const refusal of await this.write(part, cost, (items) => this.target.update(this.collection, items)))
        refused.push({ ...refusal, index: start + refusal.index });
    }
    return refused;
  }

  /**
   * Deletes what has the `_id` of one of the documents and another shard key: a document's shard key cannot be changed in
   * place, and `_id` is unique for one value of it only (cosmos-facts.md §7). A kill before the document is written under
   * its new key leaves it missing, and it is written when its row is compared: every run compares all rows once.
   */
  private async deleteElsewhere(documents: readonly Buffer[], shardKey: string): Promise<void> {
    const right = new Map(documents.map((document) => [idKey(document), keyElements(document, shardKey)]));
    const there = await this.findKeys([...right.keys()], shardKey);
    await this.deleteAll(there.filter(({ id, elements }) => right.get(id)?.equals(elements) !== true));
  }

  /** Deletes documents by their `idKey`s. Throws `target-refused` where one was refused. */
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
      const [refusal] = await this.write(part, part.length * 5, (items) => this.target.delete(this.collection, items));
      if (refusal === undefined) continue;
      throw new MigrationError(
        'target-refused',
        `The target ${this.target.display} refuses to delete documents of ${this.collection} (code ${refusal.code})`,
        { hint: 'Give the user the role readWrite on the target database' },
      );
    }
  }

  /** Sends items that replace, change or delete documents until none is refused for lack of throughput; the refusals of other kinds come back. */
  private async write<T>(
    items: readonly T[],
    cost: number,
    send: (items: readonly T[]) => Promise<WriteRefusal[]>,
  ): Promise<WriteRefusal[]> {
    const permanent: WriteRefusal[] = [];
    const meter = this.pace.charges.writes(this.collection);
    let pending = items.map((_item, index) => index);
    await this.run({
      isWrite: true,
      isDestructive: true,
      isBounded: true,
      next: () =>
        pending.length === 0
          ? null
          : {
              cost: (cost * meter.ratio * pending.length) / items.length,
              operations: pending.length,
              send: () => send(pending.map((index) => items[index] as T)),
            },
      settle: (refusals) => {
        const sent = pending;
        pending = [];
        for (const refusal of refusals) {
          const index = sent[refusal.index] as number;
          if (isHeldUp(refusal)) pending.push(index);
          else permanent.push({ ...refusal, index });
        }
      },
    });
    return permanent;
  }

  /** Runs a command at the pace; see {@link PacedWork.isBounded}. Throws a MigrationError for what a repeat cannot cure. */
  async command<T>(cost: number, send: () => Promise<T>, isBounded = false): Promise<T> {
    const results: T[] = [];
    await this.run({
      isWrite: false,
      isBounded,
      next: () =>
        results.length > 0
          ? null
          : {
              cost,
              operations: 1,
              send: async () => {
                results.push(await send());
                return [];
              },
            },
      settle: () => undefined,
    });
    return results[0] as T;
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
    const { pace } = this;
    const unitsOf = (count: number) => READ_BASE + count * unitsEach;
    const meter = pace.charges.reads(this.collection);
    const booked = unitsOf(expected) * meter.ratio;
    const measured = () => this.measuring(meter, send, (found) => unitsOf(found.length));
    const documents = await this.command(booked, measured, true);
    pace.cheaper(booked - unitsOf(documents.length) * meter.ratio);
    return documents;
  }

  /**
   * Sends a request; now and then, where the target charges request units, one whose real charge is measured against what
   * `estimateOf` its answer says.
   */
  async measuring<T>(meter: ChargeMeter, send: (db: Db) => Promise<T>, estimateOf: (answer: T) => number): Promise<T> {
    const { target, traits } = this;
    if (traits.flavour !== 'cosmos-ru' || !meter.takeSample()) return await send(target.db);
    let charge: number | null = null;
    let estimate = 0;
    try {
      const answer = await target.measured(send);
      charge = answer.charge;
      estimate = estimateOf(answer.result);
      return answer.result;
    } finally {
      meter.measured(charge, estimate);
    }
  }

  /** Reads something that takes several requests, from its beginning again where a connection was lost on the way. */
  async reread<T>(read: () => Promise<T>): Promise<T> {
    for (let lost = 0; ; lost++) {
      try {
        return await read();
      } catch (error) {
        if (failureKind(error) !== 'unknown') throw error;
        await this.pause(lost, error);
      }
    }
  }

  /**
   * Sends a piece of work's requests at the pace until nothing is left: what was refused not before the time told, what
   * a lost connection leaves open not before it was looked at. Throws a MigrationError for what a repeat cannot cure.
   */
  async run(work: PacedWork): Promise<void> {
    const { pace } = this;
    const { display } = this.target;
    const begun = performance.now();
    const assertProgress = () => pace.assertProgress(begun, display);
    let lost = 0;
    for (let request = work.next(); request !== null; request = work.next()) {
      const { cost, operations } = request;
      await pace.enter(cost, this.signal, assertProgress);
      const { guard } = this;
      if (work.isWrite && guard !== undefined) {
        await this.askGuard(() => guard(work.isDestructive === true), cost, operations);
      }
      let refusals: readonly WriteRefusal[];
      try {
        refusals = await this.answerTo(request.send(), work.isBounded ? assertProgress : () => undefined);
      } catch (error) {
        const kind = failureKind(error);
        this.leave(work, {
          cost,
          acceptedCost: 0,
          operations,
          isRefused: this.isRefusal(error),
          retryAfterMs: toldWait(error),
        });
        if (kind === 'unknown') {
          if (isWithoutServer(error)) this.target.renew();
          await this.pause(lost++, error);
          await work.lose?.();
        } else if (kind === 'permanent') {
          if (work.shrink === undefined || errorCode(error) !== CODE.requestTooLarge) throw targetError(error, display);
          work.shrink();
        }
        pace.assertProgress(begun, display);
        continue;
      }
      const heldUp = refusals.filter(isHeldUp);
      const isRefused = heldUp.length > 0;
      const acceptedCost = cost * (1 - heldUp.length / operations);
      this.leave(work, { cost, acceptedCost, operations, isRefused, retryAfterMs: longestWait(heldUp) });
      await work.settle(refusals);
      if (refusals.length > 0) pace.assertProgress(begun, display);
    }
  }

  /** Asks the guard for a request that was let in, and takes the request back where it throws. */
  private async askGuard(guard: () => Promise<void>, cost: number, operations: number): Promise<void> {
    try {
      await guard();
    } catch (error) {
      this.pace.leave({ cost, acceptedCost: 0, operations, isRefused: false, retryAfterMs: null });
      this.pace.giveBack(cost);
      throw error;
    }
  }

  /** The answer to a request. Once work is asked to stop, or `onWait` throws, it is not waited for much longer. */
  private async answerTo<T>(sent: Promise<T>, onWait: () => void): Promise<T> {
    const { signal } = this;
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      timer = setTimeout(() => reject(signal?.reason), STOP_PATIENCE_MS);
    };
    const watch = setInterval(() => {
      try {
        onWait();
      } catch (error) {
        reject(error);
      }
    }, 1_000);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([sent, givenUp]);
    } finally {
      clearInterval(watch);
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Was the request as a whole refused for lack of throughput, or given up after the service had waited for some itself? */
  private isRefusal(error: unknown): boolean {
    if (failureKind(error) === 'throttled') return true;
    return this.traits.flavour === 'cosmos-ru' && failureCode(error) === CODE.exceededTimeLimit;
  }

  private leave(work: PacedWork, outcome: RequestOutcome): void {
    this.pace.leave(outcome);
    if (outcome.isRefused) this.throttled++;
    work.load?.(outcome.isRefused, outcome.acceptedCost);
  }

  /** Waits before the next try after a lost connection; throws when lost connections are all there is. */
  private async pause(tries: number, error: unknown): Promise<void> {
    if (tries >= MAX_LOST_CONNECTIONS) throw targetError(error, this.target.display);
    const waitMs = Math.min(MAX_RETRY_MS, 100 * 2 ** tries) * (0.75 + Math.random() / 2);
    await sleep(waitMs, undefined, { signal: this.signal });
  }
}

/** Was the operation refused for lack of throughput, or given up after the service had waited for some itself (cosmos-facts.md §6)? */
function isHeldUp(refusal: WriteRefusal): boolean {
  return refusal.code === CODE.tooManyRequests || refusal.code === CODE.exceededTimeLimit;
}

/** The longest wait that refusals name, null where none does. */
function longestWait(refusals: readonly WriteRefusal[]): number | null {
  let longest: number | null = null;
  for (const { message } of refusals) {
    const told = retryAfterMs(message);
    if (told !== null) longest = Math.max(longest ?? 0, told);
  }
  return longest;
}
