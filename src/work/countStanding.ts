import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import { DocumentAccess } from '../target/documentAccess.ts';
import { inParallel } from './inParallel.ts';
import { openEnds } from './unitRanges.ts';
import type { PlannedWork, Workplace } from './workplace.ts';

const COLLECTIONS_AT_ONCE = 3;
/** A report waits no longer for the counts of a target that is slow: it says then what the target acknowledged. */
const PATIENCE_MS = 45_000;

/**
 * Documents that stand in the target, by table, where each document is one row and the collection holds nothing else. Null
 * where they cannot be counted: a run that has failed may have lost its target.
 */
export async function countStanding(
  workplace: Workplace,
  { id, request, writer }: { readonly id: string; readonly request: MigrationRequest; readonly writer: string },
  { plan, layout }: PlannedWork,
): Promise<Record<string, number> | null> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const counts: Record<string, number> = {};
  try {
    const { target, traits, pace, shared } = await openEnds(workplace, { id, request, writer }, plan, signal);
    const countable = layout.collections.filter(
      (definition) =>
        definition.where === null &&
        !shared.has(definition.collection) &&
        !definition.children.some((child) => 'countAt' in child && child.table === definition.table) &&
        layout.collections.every((other) => other === definition || other.table !== definition.table),
    );
    await inParallel(countable, COLLECTIONS_AT_ONCE, async (definition) => {
      const access = new DocumentAccess(target, traits, pace, definition, { signal });
      counts[definition.table] = await access.command(1, () =>
        target.db.collection(definition.collection).countDocuments({}, { hint: '_id_' }),
      );
    });
  } catch (error) {
    console.warn(
      `What stands in the target of ${id} was not counted: ${error instanceof Error ? error.name : 'unknown'}`,
    );
    return null;
  }
  return counts;
}
