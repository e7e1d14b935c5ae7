import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import { isPermanent } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { DocumentAccess } from '../target/documentAccess.ts';
import { MARKER_COLLECTION, readMarker } from '../target/marker.ts';
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
  /** Transaction of the source at the beginning of this pass: each row written before has its document by now. */
  readonly since: string;
  /** Tables with rows that have no document, as they could not be written. */
  readonly incomplete: readonly string[];
  /** May this pass be the last? Then nothing that vanished before it may be missed. */
  readonly isLast: boolean;
  /** Tables that failed for good. */
  readonly skip: readonly string[];
  readonly from: number;
  readonly to: number;
}

/**
 * Deletes documents whose row vanished from the source. Ids are compared only where the numbers say that there may be
 * such documents: more than rows that must have one. Rows written meanwhile may hide some, which the last pass looks for, and
 * rows that could not be written hide some always. A target that
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
  const marking = new DocumentAccess(target, traits, pace, { collection: MARKER_COLLECTION }, { signal });
  const marker = await marking.command(1, () => readMarker(target));
  if (marker?.isShared !== false) return { removed: 0 };
  let removed = 0;
  const definitions = layout.collections.slice(input.from, input.to).filter(({ table }) => !input.skip.includes(table));
  const remove = async (definition: CollectionDefinition) => {
    const access = new DocumentAccess(target, traits, pace, definition, { signal });
    const documents = await access.command(1, () =>
      target.db.collection(definition.collection).countDocuments({}, { hint: '_id_' }),
    );
    const rows = await countChanged(source, definition, input.since);
    const isComplete = !input.incomplete.includes(definition.table);
    const atLeast = input.isLast ? rows.all - rows.changed : rows.all;
    if (isComplete && documents <= atLeast) return;
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
