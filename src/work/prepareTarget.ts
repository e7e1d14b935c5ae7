import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import { DocumentAccess } from '../target/documentAccess.ts';
import { createIndexes, ensureCollection } from '../target/indexes.ts';
import { holdsDocuments } from '../target/inspect.ts';
import { MARKER_COLLECTION, type Marker, readMarker, writeMarker } from '../target/marker.ts';
import { inParallel } from './inParallel.ts';
import { openEnds } from './unitRanges.ts';
import type { Workplace } from './workplace.ts';

const COLLECTIONS_AT_ONCE = 4;

/**
 * Makes the target ready: drops the layout's collections where that was asked for, writes the marker, and creates
 * collections with the indexes that must be there before the first document.
 */
export async function prepareTarget(
  workplace: Workplace,
  id: string,
  stamp: string,
  request: MigrationRequest,
): Promise<void> {
  const { plan, layout } = await workplace.planned(id, stamp);
  const { target, traits, pace } = await openEnds(workplace, request, plan);
  const access = new DocumentAccess(target, traits, pace, MARKER_COLLECTION);
  if (request.dropTarget) {
    for (const name of [...layout.collections.map(({ collection }) => collection), MARKER_COLLECTION]) {
      await access.command(1, () => target.db.dropCollection(name));
    }
  }
  await writeMarkerOnce(
    workplace,
    id,
    stamp,
    request,
    'copying',
    layout.collections.map(({ collection }) => collection),
  );
  await inParallel(layout.collections, COLLECTIONS_AT_ONCE, async (definition) => {
    await access.command(1, () => ensureCollection(target, definition.collection));
    if (!traits.needsUniqueIndexesFirst) return;
    const unique = definition.indexes.filter((index) => index.isUnique);
    await access.command(1, () => createIndexes(target, traits, definition.collection, unique));
  });
}

/** Creates the indexes of the collections from `from` up to `to`. */
export async function buildIndexes(
  workplace: Workplace,
  id: string,
  stamp: string,
  request: MigrationRequest,
  from: number,
  to: number,
): Promise<void> {
  const { plan, layout } = await workplace.planned(id, stamp);
  const { target, traits, pace } = await openEnds(workplace, request, plan);
  await inParallel(layout.collections.slice(from, to), COLLECTIONS_AT_ONCE, async (definition) => {
    const access = new DocumentAccess(target, traits, pace, definition.collection);
    await access.command(1, () => createIndexes(target, traits, definition.collection, definition.indexes));
  });
}

/** Writes the marker where it says something else, so that the same migration again changes nothing. */
export async function writeMarkerOnce(
  workplace: Workplace,
  id: string,
  stamp: string,
  request: MigrationRequest,
  state: Marker['state'],
  collections: readonly string[] = [],
): Promise<void> {
  const { plan } = await workplace.planned(id, stamp);
  const { target, traits, pace } = await openEnds(workplace, request, plan);
  const access = new DocumentAccess(target, traits, pace, MARKER_COLLECTION);
  await access.command(1, async () => {
    const before = await readMarker(target);
    const marker: Marker = {
      source: plan.source,
      layout: plan.layout.layout,
      versions: plan.schema.revisions,
      state,
      isShared: before?.isShared ?? (await holdsDocuments(target, collections)),
    };
    if (JSON.stringify(before) === JSON.stringify(marker)) return;
    // A finished migration that runs again stays finished until something changes.
    const isSame =
      before !== null && JSON.stringify({ ...before, state: '' }) === JSON.stringify({ ...marker, state: '' });
    if (isSame && before.state === 'complete' && state === 'copying') return;
    await writeMarker(target, marker);
  });
}
