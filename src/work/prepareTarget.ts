import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import type { CollectionDefinition, LaterWrites } from '../mlflow/layouts/layout.ts';
import type { Plan } from '../plan/plan.ts';
import type { TargetDatabase } from '../target/client.ts';
import { DocumentAccess } from '../target/documentAccess.ts';
import { createIndexes, ensureCollection } from '../target/indexes.ts';
import { holdsDocuments } from '../target/inspect.ts';
import { collectionsWrittenLater } from '../target/laterWrites.ts';
import { MARKER_COLLECTION, type Marker, readMarker, writeMarker } from '../target/marker.ts';
import { ensureMade } from '../target/sharding.ts';
import { inParallel } from './inParallel.ts';
import { openEnds } from './unitRanges.ts';
import type { Workplace } from './workplace.ts';

const COLLECTIONS_AT_ONCE = 4;
/** Up to so many rows an index is cheaper before the first document than after the last: making it is most of its cost. */
const SMALL_COLLECTION_ROWS = 2_000;

/**
 * Makes the target ready: drops the layout's collections where that was asked for, writes the marker, makes the collections
 * whose shard key or unique indexes cannot be added later, and creates the other indexes that must be there before the
 * first document, or are cheaper then. Large collections come with their first document.
 */
export async function prepareTarget(
  workplace: Workplace,
  id: string,
  stamp: string,
  request: MigrationRequest,
  signal: AbortSignal,
): Promise<{ readonly wasMarked: boolean }> {
  const { plan, layout } = await workplace.planned(id, stamp);
  const { target, traits, pace } = await openEnds(workplace, request, plan, signal);
  const access = new DocumentAccess(target, traits, pace, { collection: MARKER_COLLECTION }, { signal });
  if (request.dropTarget) {
    for (const name of [...layout.collections.map(({ collection }) => collection), MARKER_COLLECTION]) {
      await access.command(1, () => target.db.dropCollection(name));
    }
  }
  // Whoever writes beside what MLflow has written since lets that stand.
  const probes = request.allowExisting ? layout.laterWrites : [];
  const wasMarked = await access.command(1, () => markTarget(target, plan, layout.collections, probes));
  await inParallel(layout.collections, COLLECTIONS_AT_ONCE, async (definition) => {
    await access.command(1, () => ensureMade(target, traits, definition));
  });
  const definitions = layout.collections.filter(
    (_definition, index) =>
      traits.needsUniqueIndexesFirst || (plan.collections[index]?.rows ?? 0) <= SMALL_COLLECTION_ROWS,
  );
  await inParallel(definitions, COLLECTIONS_AT_ONCE, async (definition) => {
    const { collection, indexes } = definition;
    const first = traits.needsUniqueIndexesFirst ? indexes.filter((index) => index.isUnique) : indexes;
    if (first.length === 0) await access.command(1, () => ensureCollection(target, collection));
    await access.command(1, () => createIndexes(target, traits, collection, first));
  });
  return { wasMarked };
}

/** Creates the indexes of the collections from `from` up to `to`. */
export async function buildIndexes(
  workplace: Workplace,
  id: string,
  stamp: string,
  request: MigrationRequest,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<void> {
  const { plan, layout } = await workplace.planned(id, stamp);
  const { target, traits, pace } = await openEnds(workplace, request, plan, signal);
  await inParallel(layout.collections.slice(from, to), COLLECTIONS_AT_ONCE, async (definition) => {
    const access = new DocumentAccess(target, traits, pace, definition, { signal });
    // An empty table without indexes would leave no collection.
    if (definition.indexes.length === 0) await access.command(1, () => ensureCollection(target, definition.collection));
    await access.command(1, () => createIndexes(target, traits, definition.collection, definition.indexes));
  });
}

/** Writes the marker where it says something else, and tells whether it stood there: the same migration again changes nothing. */
async function markTarget(
  target: TargetDatabase,
  plan: Plan,
  definitions: readonly CollectionDefinition[],
  probes: readonly LaterWrites[],
): Promise<boolean> {
  const before = await readMarker(target);
  const { layout } = plan.layout;
  const isOurs = before !== null && before.source === plan.source && before.layout === layout;
  // Another migration's documents are as foreign as anybody's: nothing that stands there already may ever be deleted.
  const isShared = isOurs
    ? before.isShared || (await collectionsWrittenLater(target, probes)).length > 0
    : await holdsDocuments(
        target,
        definitions.map(({ collection }) => collection),
      );
  const shardKeys = { ...(isOurs ? before.shardKeys : {}) };
  for (const { collection, shardKey } of definitions) if (shardKey !== undefined) shardKeys[collection] = shardKey;
  const marker: Marker = { source: plan.source, layout, versions: plan.schema.revisions, isShared, shardKeys };
  const wasMarked = JSON.stringify({ ...before, isShared }) === JSON.stringify(marker);
  if (!wasMarked || before?.isShared !== isShared) await writeMarker(target, marker);
  return wasMarked;
}
