import { documentAt, idKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { BatchLimits } from '../source/batcher.ts';
import { readDocuments } from '../source/readDocuments.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { scanCollection } from '../target/scanCollection.ts';

/** Ids are told apart by the bucket of their hash, so that memory holds three numbers for each bucket and never all ids. */
const FEWEST_BUCKETS = 1 << 16;
/** 48 MB. Of 10^8 documents 20,000 extra ones lead to so many ids as may be held at once. */
const MOST_BUCKETS = 1 << 22;
/** Ids that may be held at once while the differing buckets are listed; with more, one group of them after the other. */
const MAX_HELD_IDS = 500_000;

/**
 * `_id` keys of documents that no row of the source has: what vanished from the source, or was never in it. One pass
 * over the ids of both sides finds the buckets that differ, a second one lists what is in them: as there are about as many buckets as
 * `documents` in the collection, these are little more than the extra ones.
 */
export async function findExtraIds(
  source: SourceDatabase,
  access: DocumentAccess,
  definition: CollectionDefinition,
  limits: BatchLimits,
  documents: number,
  maxHeldIds = MAX_HELD_IDS,
): Promise<string[]> {
  const buckets = Math.min(MOST_BUCKETS, Math.max(FEWEST_BUCKETS, 2 ** Math.ceil(Math.log2(documents))));
  const bucketOf = (key: string) => hashOf(key, BUCKET_FACTOR) & (buckets - 1);
  const documentCounts = new Int32Array(buckets);
  const rowCounts = new Int32Array(buckets);
  // A document too many and a row too many may fall into one bucket: other hashes, mixed, tell that they are not the same.
  const mixes = new Int32Array(buckets);
  const count = (counts: Int32Array) => (key: string) => {
    const bucket = bucketOf(key);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    mixes[bucket] = (mixes[bucket] ?? 0) ^ hashOf(key, MIX_FACTOR);
  };
  await eachTargetId(access, count(documentCounts));
  await eachSourceId(source, definition, limits, count(rowCounts));
  const extras: string[] = [];
  for (const group of groupBuckets(documentCounts, rowCounts, mixes, maxHeldIds)) {
    const held = new Set<string>();
    await eachTargetId(access, (key) => {
      if (group.has(bucketOf(key))) held.add(key);
    });
    await eachSourceId(source, definition, limits, (key) => void held.delete(key));
    for (const key of held) extras.push(key);
  }
  return extras;
}

/** The buckets in which documents and rows differ, in groups that hold about so many documents at most: each is listed by a pass of its own. */
function groupBuckets(documents: Int32Array, rows: Int32Array, mixes: Int32Array, maxHeldIds: number): Set<number>[] {
  const groups: Set<number>[] = [];
  let group = new Set<number>();
  let held = 0;
  documents.forEach((count, bucket) => {
    if (count === 0 || (count <= (rows[bucket] ?? 0) && mixes[bucket] === 0)) return;
    if (group.size === 0 || held + count > maxHeldIds) {
      group = new Set();
      groups.push(group);
      held = 0;
    }
    group.add(bucket);
    held += count;
  });
  return groups;
}

async function eachTargetId(access: DocumentAccess, onId: (key: string) => void): Promise<void> {
  for await (const documents of scanCollection(access, { _id: 1 })) {
    for (const document of documents) onId(idKey(document));
  }
}

async function eachSourceId(
  source: SourceDatabase,
  definition: CollectionDefinition,
  limits: BatchLimits,
  onId: (key: string) => void,
): Promise<void> {
  // Neither children nor the order have a part in `_id`s.
  const alone = { ...definition, children: [], orderBy: [] };
  for await (const batch of readDocuments(source, alone, { lower: null, upper: null }, limits)) {
    batch.ends.forEach((_end, index) => {
      onId(idKey(documentAt(batch, index)));
    });
    for (const { key } of batch.rejected ?? []) if (key !== null) onId(key);
  }
}

/** Factors of two hashes of a key: FNV's, and MurmurHash2's. */
const BUCKET_FACTOR = 0x01000193;
const MIX_FACTOR = 0x5bd1e995;

/** FNV-1a over UTF-16 units with that factor, folded so that the low bits depend on all. */
function hashOf(key: string, factor: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), factor);
  return (hash >>> 16) ^ hash;
}
