import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { BatchLimits } from '../source/batcher.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { ExtraSearch } from './extraSearch.ts';

/** 48 MB. Of 10^8 documents 20,000 extra ones lead to so many ids as may be held at once. */
const MAX_BUCKETS = 1 << 22;
/** Ids that may be held at once while the differing buckets are listed; with more, one group of them after the other. */
const MAX_HELD_IDS = 500_000;

/** `_id` keys of all documents that no row of the source has, among about so many `documents`, by one {@link ExtraSearch} without a pause. */
export async function findExtraIds(
  source: SourceDatabase,
  access: DocumentAccess,
  definition: CollectionDefinition,
  limits: BatchLimits,
  documents: number,
): Promise<string[]> {
  const place = { source, access, definition, limits, ranges: [{ lower: null, upper: null }] };
  const search = new ExtraSearch(place, {
    documents,
    maxBuckets: MAX_BUCKETS,
    maxHeld: MAX_HELD_IDS,
    maxKept: Number.POSITIVE_INFINITY,
  });
  await search.goOn(() => true);
  return [...search.extras];
}
