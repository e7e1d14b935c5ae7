import { randomUUID } from 'node:crypto';
import type { KeyRange } from '../contract/plan.ts';
import type { StoredExtraSearch } from '../contract/storedExtraSearch.ts';
import { idKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { BatchLimits } from '../source/batcher.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { scanCollection } from '../target/scanCollection.ts';
import { ExtraSearch, KEPT_SEARCH } from './extraSearch.ts';
import { isKeyed, keyProjection, rowlessDocuments } from './rowlessDocuments.ts';

/** Found ones that one look keeps, and one step deletes: some minutes' work for a small account with request units. */
const MOST_AT_ONCE = 20_000;

/** A collection that may have documents without a row. */
export interface LookedThrough {
  readonly source: SourceDatabase;
  readonly access: DocumentAccess;
  readonly definition: CollectionDefinition;
  readonly limits: BatchLimits;
  /** The ranges that its rows are read by, which have room for every row. */
  readonly ranges: readonly KeyRange[];
  /** Documents and rows when the first look began. */
  readonly documents: number;
  readonly rows: number;
  /** `idKey`s of documents of the collection that the looks before have found. */
  readonly earlier: () => Promise<readonly string[]>;
  /** How far the search by `_id`s has come that the look before kept; null where it kept none. */
  readonly readSearch: () => Promise<StoredExtraSearch | null>;
  readonly keepSearch: (search: StoredExtraSearch) => Promise<void>;
  /** Should this look hand back what is left? */
  readonly isOver: () => boolean;
}

/**
 * Where a look stopped: the `idKey` of the last document that it looked at, empty where it was none, and how many without a row were
 * found up to there. `search` tells the search by `_id`s that is under way.
 */
export interface LookEnd {
  readonly id: string;
  readonly found: number;
  readonly search?: string;
}

/**
 * `idKey`s of documents without a row, from where the look before stopped. `end` is where this one did, null where it came to the end of the
 * collection. Where rows are not found by what documents hold, all `_id`s are searched, and what is found is told by the look that comes to the end.
 */
export async function lookThrough(
  place: LookedThrough,
  before: LookEnd | null,
): Promise<{ readonly vanished: string[]; readonly end: LookEnd | null }> {
  const { source, access, definition, documents, rows, earlier, isOver } = place;
  const vanished: string[] = [];
  const found = () => (before?.found ?? 0) + vanished.length;
  if (isKeyed(definition) && before?.search === undefined) {
    let last: string | null = null;
    for await (const page of scanCollection(access, keyProjection(definition), before?.id ?? null)) {
      // Asked with the next page at hand: ids of other types, which come last, are no place to go on from.
      if (last !== null && (vanished.length >= MOST_AT_ONCE || isOver())) {
        return { vanished, end: { id: last, found: found() } };
      }
      for (const id of await rowlessDocuments(source, definition, page)) vanished.push(id);
      last = idKey(page.at(-1) as Buffer);
    }
    // Somebody may have put documents there whose content is another one's: they are told by their `_id`s alone.
    if (documents - found() <= rows) return { vanished, end: null };
  }
  const search = before?.search ?? randomUUID();
  const extras = await searchIds(place, search, before?.search !== undefined);
  if (extras === null) return { vanished, end: { id: before?.id ?? '', found: found(), search } };
  const known = new Set([...(await earlier()), ...vanished]);
  for (const id of extras) if (!known.has(id)) vanished.push(id);
  return { vanished, end: null };
}

/** The `idKey`s of all documents without a row, null where the search was kept for the next look. */
async function searchIds(
  { source, access, definition, limits, ranges, documents, readSearch, keepSearch, isOver }: LookedThrough,
  name: string,
  isBegun: boolean,
): Promise<readonly string[] | null> {
  const kept = isBegun ? await readSearch() : null;
  const search = new ExtraSearch(
    { source, access, definition, limits, ranges },
    { ...KEPT_SEARCH, documents, maxKept: Number.POSITIVE_INFINITY },
    kept?.search === name ? kept : undefined,
  );
  if (await search.goOn(() => !isOver())) return search.extras;
  await keepSearch(search.toStored(name));
  return null;
}
