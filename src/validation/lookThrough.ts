import { idKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { BatchLimits } from '../source/batcher.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { scanCollection } from '../target/scanCollection.ts';
import { findExtraIds } from './findExtraIds.ts';
import { isKeyed, keyProjection, rowlessDocuments } from './rowlessDocuments.ts';

/** Found ones that one look keeps, and one step deletes: some minutes' work for a small account with request units. */
const MOST_AT_ONCE = 20_000;

/** A collection that may have documents without a row. */
export interface LookedThrough {
  readonly source: SourceDatabase;
  readonly access: DocumentAccess;
  readonly definition: CollectionDefinition;
  readonly limits: BatchLimits;
  /** Documents and rows when the first look began. */
  readonly documents: number;
  readonly rows: number;
  /** `idKey`s of documents of the collection that the looks before have found. */
  readonly earlier: () => Promise<readonly string[]>;
  /** Should this look hand back what is left? */
  readonly isOver: () => boolean;
}

/** Where a look stopped: the `idKey` of the last document that it looked at, and how many without a row were found up to there. */
export interface LookEnd {
  readonly id: string;
  readonly found: number;
}

/**
 * `idKey`s of documents without a row, from where the look before stopped. `end` is where this one did, null where it came to the end of the
 * collection. Where rows are not found by what documents hold, the whole collection is looked through at once.
 */
export async function lookThrough(
  { source, access, definition, limits, documents, rows, earlier, isOver }: LookedThrough,
  before: LookEnd | null,
): Promise<{ readonly vanished: string[]; readonly end: LookEnd | null }> {
  if (!isKeyed(definition)) {
    return { vanished: await findExtraIds(source, access, definition, limits, documents), end: null };
  }
  const vanished: string[] = [];
  const found = () => (before?.found ?? 0) + vanished.length;
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
  if (documents - found() > rows) {
    const known = new Set([...(await earlier()), ...vanished]);
    const extras = await findExtraIds(source, access, definition, limits, documents);
    for (const id of extras) if (!known.has(id)) vanished.push(id);
  }
  return { vanished, end: null };
}
