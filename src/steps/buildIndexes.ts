import type { IndexInput } from '../contract/steps/buildIndexes.ts';
import { inParallel } from '../runtime/inParallel.ts';
import type { Services } from '../runtime/services.ts';
import { createIndexes, ensureCollection } from '../target/indexes.ts';
import { useEnds } from './shared/useEnds.ts';

const COLLECTIONS_AT_ONCE = 4;

/** Creates the indexes of the collections from `from` up to `to`. */
export async function buildIndexes(services: Services, input: IndexInput, signal: AbortSignal): Promise<void> {
  const { plan, layout } = await services.planned(input.id, input.planStamp);
  return await useEnds(services, input, plan, signal, async ({ target, traits, lease, writeAccess }) => {
    // The largest first: what is built last is built alone.
    const largestFirst = layout.collections
      .map((definition, index) => ({ definition, rows: plan.collections[index]?.rows ?? 0 }))
      .slice(input.from, input.to)
      .sort((one, other) => other.rows - one.rows);
    await inParallel(largestFirst, COLLECTIONS_AT_ONCE, async ({ definition }) => {
      await lease?.check();
      const access = writeAccess(definition);
      // An empty table without indexes would leave no collection.
      if (definition.indexes.length === 0)
        await access.command(1, () => ensureCollection(target, definition.collection));
      await access.command(1, () => createIndexes(target, traits, definition.collection, definition.indexes));
    });
  });
}
