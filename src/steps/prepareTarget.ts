import { CLAIM } from '../contract/claim.ts';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import { findOwner } from '../contract/ownership.ts';
import type { SourceIdentity } from '../contract/sourceIdentity.ts';
import type { PreparedTarget, PrepareInput } from '../contract/steps/prepareTarget.ts';
import type { LayoutDefinition } from '../mlflow/layouts/layout.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { inParallel } from '../runtime/inParallel.ts';
import { putRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import { readPosition } from '../source/readPosition.ts';
import { claimCollections } from '../target/claimCollections.ts';
import { dropOutdatedIndexes } from '../target/dropOutdatedIndexes.ts';
import { createIndexes, ensureCollection } from '../target/indexes.ts';
import { collectionsNewer, collectionsWrittenLater, type Newest, sinceBrought } from '../target/laterWrites.ts';
import { MARKER_COLLECTION, readOwnership } from '../target/ownership.ts';
import { noteMade } from '../target/runClaims.ts';
import { ensureMade } from '../target/sharding.ts';
import type { TargetDatabase } from '../target/targetDatabase.ts';
import { assertPlannedIds } from './planning/choosePointIds.ts';
import { carriedExperiments } from './shared/carriedExperiments.ts';
import { claimRequest } from './shared/claimRequest.ts';
import { dropCollections } from './shared/dropCollections.ts';
import { readNewest } from './shared/readNewest.ts';
import { useEndsToClaim } from './shared/useEnds.ts';

const COLLECTIONS_AT_ONCE = 4;
/** Up to so many rows an index is cheaper before the first document than after the last: making it is most of its cost. */
const SMALL_COLLECTION_ROWS = 2_000;

/**
 * Makes the target ready: claims the collections, empties them where that was asked for, makes them, so that it is known which
 * they are before the first document, and creates the indexes that must be there by then, or are cheaper then. Delivered
 * twice it does all of that once.
 */
export async function prepareTarget(
  services: Services,
  input: PrepareInput,
  signal: AbortSignal,
): Promise<PreparedTarget> {
  const { id, run, request } = input;
  const { plan, layout } = await services.planned(id, input.planStamp);
  return await useEndsToClaim(services, input, plan, signal, async ({ source, target, traits, access: accessTo }) => {
    const access = accessTo({ collection: MARKER_COLLECTION });
    const wanted = claimRequest(
      { id, run, request },
      {
        identity: plan.identity,
        versions: plan.schema.revisions,
        label: plan.source,
        reached: await readPosition(source),
        experiments: plan.layout.experiments?.ids ?? null,
      },
      layout.collections,
    );
    const newest = await readNewest(source, layout);
    const isWrittenLater = await access.command(1, () =>
      isWrittenBeside(target, request, layout, newest, plan.identity, signal),
    );
    const made = new Map(newest.map(({ collection, value }) => [collection, String(value)]));
    const collections = wanted.collections.map((of) => ({ ...of, newest: made.get(of.name) ?? null }));
    const claim = await access.command(1, () =>
      claimCollections(target, { ...wanted, collections, isWrittenLater }, plan.createdAt, signal),
    );
    const names = new Set(layout.collections.map(({ collection }) => collection));
    const claimed = claim.ownership.collections.filter(({ name }) => names.has(name));
    assertPlannedIds(target.display, claim.ownership, layout.collections);
    const lease = services.lease(id, claim.token, target, plan);
    if (request.dropTarget)
      await access.command(1, () => dropCollections(target, run, [...names], lease, carriedExperiments(plan)));
    await inParallel(layout.collections, COLLECTIONS_AT_ONCE, async (definition) => {
      await access.command(1, () => ensureMade(target, traits, definition));
    });
    const small = new Set(
      layout.collections.filter((_definition, index) => (plan.collections[index]?.rows ?? 0) <= SMALL_COLLECTION_ROWS),
    );
    await inParallel(layout.collections, COLLECTIONS_AT_ONCE, async (definition) => {
      const { collection, indexes } = definition;
      const isAlone = claimed.some(({ name, heldOthers }) => name === collection && !heldOthers);
      if (claim.wasMarked && isAlone) {
        await lease.check();
        await access.command(1, () => dropOutdatedIndexes(target, traits, collection, indexes));
      }
      const unique = traits.needsUniqueIndexesFirst ? indexes.filter((index) => index.isUnique) : [];
      // On request units an index that comes later is built with what is left over.
      const first = small.has(definition) && !traits.isCharged ? indexes : unique;
      if (first.length === 0) await access.command(1, () => ensureCollection(target, collection));
      await access.command(1, () => createIndexes(target, traits, collection, first, signal));
    });
    const ids = await access.command(1, () => noteMade(target, claim.token));
    lease.holdTo(ids);
    await putRecord(services.blobs, blobPaths.claim(id), CLAIM, {
      token: claim.token,
      target: claim.ownership.target,
      shared: claimed.flatMap(({ name, heldOthers }) => (heldOthers ? [name] : [])),
      strangers: claimed.flatMap(({ name, strangers }) => (strangers === true ? [name] : [])),
      ids,
    });
    return { writer: claim.token, wasMarked: claim.wasMarked };
  });
}

/** Has the layout's reader written to the collections since, and does this run leave that alone? */
async function isWrittenBeside(
  target: TargetDatabase,
  request: MigrationRequest,
  layout: LayoutDefinition,
  newest: readonly Newest[],
  identity: SourceIdentity,
  signal: AbortSignal,
): Promise<boolean> {
  // Whoever writes beside what is there lets that stand.
  if (!request.allowExisting || request.dropTarget) return false;
  if ((await collectionsWrittenLater(target, layout.laterWrites, signal)).length > 0) return true;
  const ownership = await readOwnership(target);
  const owner = findOwner(ownership, identity, request.layout)?.id;
  const own = new Set(
    ownership?.collections.flatMap((claim) => (claim.owner === owner && !claim.heldOthers ? [claim.name] : [])),
  );
  const ours = newest.filter(({ collection }) => own.has(collection));
  return (await collectionsNewer(target, sinceBrought(ours, ownership), signal)).length > 0;
}
