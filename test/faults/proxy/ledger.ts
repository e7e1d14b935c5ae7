/** What the ledger knows of one `_id` of a collection. Times are milliseconds of the proxy's clock. */
interface Entry {
  /** How often an insert of it was accepted since it was last deleted. */
  accepted: number;
  /** Was the acceptance (or the duplicate key error) answered, so that the client knows? */
  known: boolean;
  /** The client was told not to send it again before this moment. */
  toldUntilMs: number;
}

/** What a client did that it should not have, and what it had to do. */
export interface LedgerCounts {
  /** Inserts accepted for the first time. */
  readonly accepted: number;
  /** Inserts of documents that the client knew to be accepted. */
  readonly resentInserts: number;
  /** Upserting replacements of documents that the client knew to be accepted: right for repairs, wrong as a way to retry. */
  readonly resentReplaces: number;
  /** Documents sent again because the answer to them was lost (cut connection, code 50). */
  readonly resentAfterLoss: number;
  /** Refused documents sent again before the time they were told. */
  readonly earlyResends: number;
  /** Write commands that arrived while the time of an earlier refusal had not passed, those on their way not counted. */
  readonly earlyWrites: number;
}

/** A timer may fire a millisecond before its time. */
const TIMER_SLACK_MS = 1;
/** A command this soon after a refusal was sent may have been on its way already. */
const CROSSING_MS = 25;

/** Books every document that was offered, accepted or refused, by collection and `_id`. */
export class Ledger {
  private readonly collections = new Map<string, Map<string, Entry>>();
  private readonly counts = {
    accepted: 0,
    resentInserts: 0,
    resentReplaces: 0,
    resentAfterLoss: 0,
    earlyResends: 0,
    earlyWrites: 0,
  };
  private refusedAtMs = Number.NEGATIVE_INFINITY;
  private toldUntilMs = Number.NEGATIVE_INFINITY;

  /** A write command arrived. */
  command(nowMs: number): void {
    if (nowMs < this.toldUntilMs - TIMER_SLACK_MS && nowMs > this.refusedAtMs + CROSSING_MS)
      this.counts.earlyWrites += 1;
  }

  /** A document arrived to be inserted, or replaced with `upsert`. `id` is the `_id`'s bytes as latin1. */
  offered(namespace: string, id: string, kind: 'insert' | 'replace', nowMs: number): void {
    const entry = this.collections.get(namespace)?.get(id);
    if (entry === undefined) return;
    if (nowMs < entry.toldUntilMs - TIMER_SLACK_MS) this.counts.earlyResends += 1;
    if (entry.accepted === 0) return;
    if (!entry.known) this.counts.resentAfterLoss += 1;
    else if (kind === 'insert') this.counts.resentInserts += 1;
    else this.counts.resentReplaces += 1;
  }

  /** A document went in. `known` says whether the client will learn of it. */
  inserted(namespace: string, id: string, known: boolean): void {
    const entry = this.entry(namespace, id);
    if (entry.accepted === 0) this.counts.accepted += 1;
    entry.accepted += 1;
    entry.known = known;
    entry.toldUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** The client learnt that the document is there: a duplicate key error, or a replacement that was acknowledged. */
  confirmed(namespace: string, id: string): void {
    const entry = this.entry(namespace, id);
    entry.known = true;
    entry.toldUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** The answer that would have told of this document never reached the client. */
  lost(namespace: string, id: string): void {
    this.entry(namespace, id).known = false;
  }

  /** A document was refused; `toldMs` is the wait that the answer named. */
  refused(namespace: string, id: string | undefined, toldMs: number | undefined, nowMs: number): void {
    if (toldMs === undefined) return;
    this.refusedAtMs = nowMs;
    this.toldUntilMs = Math.max(this.toldUntilMs, nowMs + toldMs);
    if (id !== undefined) this.entry(namespace, id).toldUntilMs = nowMs + toldMs;
  }

  /** The client was killed: a new one cannot know what was accepted, nor what it was told. */
  newClient(): void {
    for (const collection of this.collections.values()) {
      for (const entry of collection.values()) {
        entry.known = false;
        entry.toldUntilMs = Number.NEGATIVE_INFINITY;
      }
    }
    this.toldUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** One document, a whole collection or (a namespace that ends in a dot) a whole database is gone. */
  forget(namespace: string, id?: string): void {
    if (id !== undefined) {
      this.collections.get(namespace)?.delete(id);
      return;
    }
    for (const name of this.collections.keys()) {
      if (name === namespace || (namespace.endsWith('.') && name.startsWith(namespace))) this.collections.delete(name);
    }
  }

  /** How often the insert of each `_id` of a collection was accepted; the key is the hex of the `_id`'s BSON type and bytes. */
  accepted(namespace: string): Map<string, number> {
    const result = new Map<string, number>();
    for (const [id, entry] of this.collections.get(namespace) ?? []) {
      if (entry.accepted > 0) result.set(Buffer.from(id, 'latin1').toString('hex'), entry.accepted);
    }
    return result;
  }

  snapshot(): LedgerCounts {
    return { ...this.counts };
  }

  private entry(namespace: string, id: string): Entry {
    let collection = this.collections.get(namespace);
    if (collection === undefined) {
      collection = new Map();
      this.collections.set(namespace, collection);
    }
    let entry = collection.get(id);
    if (entry === undefined) {
      entry = { accepted: 0, known: false, toldUntilMs: Number.NEGATIVE_INFINITY };
      collection.set(id, entry);
    }
    return entry;
  }
}
