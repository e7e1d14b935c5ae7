import type { KeyRange } from '../contract/plan.ts';
import type { EXTRA_STAGES, StoredExtraSearch } from '../contract/storedExtraSearch.ts';
import { documentAt, idKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { BatchLimits } from '../source/batcher.ts';
import { readDocuments } from '../source/readDocuments.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { scanCollection } from '../target/scanCollection.ts';
import { ExtraBuckets } from './extraBuckets.ts';

/** A collection that is searched, and the ranges that its rows are read by. */
export interface SearchedCollection {
  readonly source: SourceDatabase;
  readonly access: DocumentAccess;
  readonly definition: CollectionDefinition;
  readonly limits: BatchLimits;
  readonly ranges: readonly KeyRange[];
  /** Is told all `_id`s that no row has, one group after the other; the same group again where a step that found them is delivered again. */
  readonly onExtras?: (ids: Iterable<string>, group: number) => Promise<void>;
}

/** How large a search is, and how much of it is in memory at once. */
export interface SearchLimits {
  /** Documents of the collection, about. */
  readonly documents: number;
  /** Buckets at most. Where there are as many as documents, the ids in differing ones are little more than the extra ones. */
  readonly maxBuckets: number;
  /** Ids that may be held while the differing buckets are listed; with more, one group of them after the other. */
  readonly maxHeld: number;
  /** `_id`s that are kept of those found; the others are counted. */
  readonly maxKept: number;
}

/** Bounds of a search that is kept between two steps: 16 MB for the buckets of a million documents and more, and as much for the ids that are held. */
export const KEPT_SEARCH = { maxBuckets: 1 << 20, maxHeld: 500_000 } as const;

/**
 * A search for `_id`s of documents that no row of the source has: what vanished from the source, or was never in it. One look at
 * the ids of both sides finds the buckets that differ, a second one lists what is in them. It may stop after any page of
 * documents and any range of rows, and go on in another process.
 */
export class ExtraSearch {
  readonly #place: SearchedCollection;
  readonly #limits: SearchLimits;
  readonly #buckets: ExtraBuckets;
  #stage: (typeof EXTRA_STAGES)[number] = 'documents';
  #after: string | null = null;
  #range = 0;
  #group = 0;
  #held: Set<string>;
  readonly #extras: string[];
  #found = 0;

  constructor(place: SearchedCollection, limits: SearchLimits, stored?: StoredExtraSearch) {
    this.#place = place;
    this.#limits = limits;
    this.#buckets = new ExtraBuckets(Math.min(limits.maxBuckets, limits.documents), stored);
    this.#held = new Set(stored?.held);
    this.#extras = [...(stored?.extras ?? [])];
    if (stored === undefined) return;
    this.#stage = stored.stage;
    this.#after = stored.after;
    this.#range = stored.range;
    this.#group = stored.group;
    this.#found = stored.found;
  }

  /** The first of those that were found. */
  get extras(): readonly string[] {
    return this.#extras;
  }

  /** How many were found. */
  get found(): number {
    return this.#found;
  }

  toStored(search: string): StoredExtraSearch {
    return {
      search,
      stage: this.#stage,
      after: this.#after,
      range: this.#range,
      group: this.#group,
      ...this.#buckets.toStored(),
      held: [...this.#held],
      extras: this.#extras,
      found: this.#found,
    };
  }

  /** Goes on by a page or a range at least, and for as long as `hasTime` says; true when the search is at its end. */
  async goOn(hasTime: () => boolean): Promise<boolean> {
    let hasMoved = false;
    const mayGoOn = () => {
      const may = !hasMoved || hasTime();
      hasMoved = true;
      return may;
    };
    while (this.#stage !== 'done') {
      if (!(await this.#doStage(mayGoOn))) return false;
      await this.#nextStage();
    }
    return true;
  }

  async #doStage(mayGoOn: () => boolean): Promise<boolean> {
    switch (this.#stage) {
      case 'documents':
        return await this.#eachDocument(mayGoOn, (id) => this.#buckets.addDocument(id));
      case 'rows':
        return await this.#eachRow(mayGoOn, (id) => this.#buckets.addRow(id));
      case 'hold': {
        const group = this.#groups()[this.#group] ?? new Set();
        return await this.#eachDocument(mayGoOn, (id) => {
          if (group.has(this.#buckets.bucketOf(id))) this.#held.add(id);
        });
      }
      case 'let-go':
        return await this.#eachRow(mayGoOn, (id) => void this.#held.delete(id));
      case 'done':
        return true;
    }
  }

  async #nextStage(): Promise<void> {
    this.#after = null;
    this.#range = 0;
    if (this.#stage === 'documents') {
      this.#stage = 'rows';
      return;
    }
    if (this.#stage === 'hold') {
      this.#stage = 'let-go';
      return;
    }
    if (this.#stage === 'let-go') {
      if (this.#held.size > 0) await this.#place.onExtras?.(this.#held, this.#group);
      this.#group++;
      this.#found += this.#held.size;
      for (const id of this.#held) {
        if (this.#extras.length >= this.#limits.maxKept) break;
        this.#extras.push(id);
      }
      this.#held = new Set();
    }
    this.#stage = this.#group < this.#groups().length ? 'hold' : 'done';
  }

  #groups(): ReadonlySet<number>[] {
    return this.#buckets.groups(this.#limits.maxHeld);
  }

  async #eachDocument(mayGoOn: () => boolean, onId: (id: string) => void): Promise<boolean> {
    for await (const documents of scanCollection(this.#place.access, { _id: 1 }, this.#after)) {
      // Asked with the next page at hand: ids of other types, which come last, are no place to go on from.
      if (!mayGoOn()) return false;
      for (const document of documents) onId(idKey(document));
      this.#after = idKey(documents.at(-1) as Buffer);
    }
    return true;
  }

  async #eachRow(mayGoOn: () => boolean, onId: (id: string) => void): Promise<boolean> {
    const { source, limits, ranges } = this.#place;
    // Neither children nor the order have a part in `_id`s.
    const definition = { ...this.#place.definition, children: [], orderBy: [] };
    for (; this.#range < ranges.length; this.#range++) {
      if (!mayGoOn()) return false;
      const range = ranges[this.#range] as KeyRange;
      for await (const batch of readDocuments(source, definition, range, limits)) {
        batch.ends.forEach((_end, index) => {
          onId(idKey(documentAt(batch, index)));
        });
        for (const { key } of batch.rejected ?? []) if (key !== null) onId(key);
      }
    }
    return true;
  }
}
