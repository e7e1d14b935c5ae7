import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import { isPermanent } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { DocumentAccess } from '../target/documentAccess.ts';
import { readMarker } from '../target/marker.ts';
import { deleteByKeys, findExtraIds } from '../validation/extras.ts';
import { countChanged } from './countChanged.ts';
import { inParallel } from './inParallel.ts';
import { batchLimits, openEnds } from './unitRanges.ts';
import type { Workplace } from './workplace.ts';

const COLLECTIONS_AT_ONCE = 3;

export interface RemoveInput {
  readonly id: string;
  readonly plan: string;
  readonly request: MigrationRequest;
  /** Transaction of the source at the beginning of the pass that went before. */
  readonly since: string;
  /** Tables that failed for good. */
  readonly skip: readonly string[];
  readonly from: number;
  readonly to: number;
}

/**
 * Deletes documents whose row vanished from the source. Ids are compared only where the numbers say that there may be
 * such documents: more documents than rows, or as many and rows written meanwhile, which may hide one. A target that
 * held other data before is left alone, and so is a collection whose table cannot be read any more: the checks that
 * follow name it.
 */
export async function removeVanished(
  workplace: Workplace,
  input: RemoveInput,
  signal: AbortSignal,
): Promise<{ removed: number }> {
  const { plan, layout } = await workplace.planned(input.id, input.plan);
  const { source, target, traits, pace } = await openEnds(workplace, input.request, plan, signal);
  if ((await readMarker(target))?.isShared !== false) return { removed: 0 };
  let removed = 0;
  const definitions = layout.collections.slice(input.from, input.to).filter(({ table }) => !input.skip.includes(table));
  const remove = async (definition: CollectionDefinition) => {
    const access = new DocumentAccess(target, traits, pace, definition, signal);
    const documents = await access.command(1, () =>
      target.db.collection(definition.collection).countDocuments({}, { hint: '_id_' }),
    );
    const rows = await countChanged(source, definition, input.since);
    if (documents < rows.all || (documents === rows.all && rows.changed === 0)) return;
    const keys = await findExtraIds(source, access, definition, batchLimits(input.request.batchSize, traits));
    await deleteByKeys(access, keys);
    removed += keys.length;
  };
  await inParallel(definitions, COLLECTIONS_AT_ONCE, async (definition) => {
    try {
      await remove(definition);
    } catch (error) {
      if (signal.aborted || !isPermanent(error)) throw error;
    }
  });
  return { removed };
}
