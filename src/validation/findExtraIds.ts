import { documentAt, idKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { BatchLimits } from '../source/batcher.ts';
import { readDocuments } from '../source/readDocuments.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { scanCollection } from '../target/scanCollection.ts';

/** Ids are told apart by the bucket of their hash, so that memory holds one number for each and never all ids. */
const BUCKETS = 1 << 16;
/** Ids that may be held at once while the differing buckets are listed; with more, one group of them after the other. */
const MAX_HELD_IDS = 500_000;

/**
 * `_id` keys of documents that no row of the source has: what vanished from the source, or was never in it. One pass
 * over the ids of both sides finds the buckets that differ, a second one lists what is in them.
 */
export async function findExtraIds(
  source: SourceDatabase,
  access: DocumentAccess,
  definition: CollectionDefinition,
  limits: BatchLimits,
  maxHeldIds = MAX_HELD_IDS,
): Promise<string[]> {
  // A document too many and a row too many may fall into one bucket: the mixed hashes tell that they are not the same.
  const documents = new Int32Array(BUCKETS);
  const rows = new Int32Array(BUCKETS);
  const mixes = new Int32Array(BUCKETS);
  const count = (counts: Int32Array) => (key: string) => {
    const hash = hashOf(key);
    const bucket = hash & (BUCKETS - 1);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    mixes[bucket] = (mixes[bucket] ?? 0) ^ hash;
  };
  await eachTargetId(access, count(documents));
  await eachSourceId(source, definition, limits, count(rows));
  const extras: string[] = [];
  for (const group of groupBuckets(documents, rows, mixes, maxHeldIds)) {
    const held = new Set<string>();
    await eachTargetId(access, (key) => {
      if (group.has(hashOf(key) & (BUCKETS - 1))) held.add(key);
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
  for await (const batch of readDocuments(source, definition, { lower: null, upper: null }, limits)) {
    batch.ends.forEach((_end, index) => {
      onId(idKey(documentAt(batch, index)));
    });
    for (const { key } of batch.rejected ?? []) if (key !== null) onId(key);
  }
}

/** FNV-1a over UTF-16 units, folded so that the low bits depend on all. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 16) ^ hash;
}
