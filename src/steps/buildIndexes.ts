import type { IndexesBuilt, IndexInput } from '../contract/steps/buildIndexes.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { inParallel } from '../runtime/inParallel.ts';
import type { Services } from '../runtime/services.ts';
import { stopReason } from '../runtime/stopReason.ts';
import { createIndexes, ensureCollection } from '../target/indexes.ts';
import { type Ends, useEnds } from './shared/useEnds.ts';

/** The longest build is one thread of the server, and the others fit beside it. More would take the places of those who compare meanwhile. */
const COLLECTIONS_AT_ONCE = 2;

/** Creates the indexes of the collections from `from` up to `to`, as far as the time of one activity goes. */
export async function buildIndexes(services: Services, input: IndexInput, signal: AbortSignal): Promise<IndexesBuilt> {
  const { plan, layout } = await services.planned(input.id, input.planStamp);
  const { counter } = services.heartbeat(input.id, input.planStamp);
  return await useEnds(services, input, plan, signal, async (ends) => {
    // The largest first: what is built last is built alone.
    const largestFirst = layout.collections
      .map((definition, index) => ({ definition, rows: plan.collections[index]?.rows ?? 0 }))
      .slice(input.from, input.to)
      .sort((one, other) => other.rows - one.rows);
    let isLeft = false;
    await services.shift.during(signal, async (shift) => {
      await inParallel(largestFirst, COLLECTIONS_AT_ONCE, async ({ definition, rows }) => {
        const isBuilt = await buildWithin(shift, ends, definition);
        isLeft = !isBuilt || isLeft;
        if (isBuilt) counter.addIndexed(definition.collection, rows);
      });
    });
    return { isLeft };
  });
}

/** False where the time was up before they were there. */
async function buildWithin(
  shift: AbortSignal,
  { target, traits, lease, writeAccess }: Ends,
  definition: CollectionDefinition,
): Promise<boolean> {
  if (stopReason(shift) === 'time') return false;
  const { collection, indexes } = definition;
  await lease?.check();
  const access = writeAccess(definition);
  // An empty table without indexes would leave no collection.
  if (indexes.length === 0) await access.command(1, () => ensureCollection(target, collection));
  return await access.command(1, async () => {
    try {
      await createIndexes(target, traits, collection, indexes, shift);
      return true;
    } catch (error) {
      if (stopReason(shift) !== 'time') throw error;
      return false;
    }
  });
}
