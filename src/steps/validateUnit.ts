import type { UnitInput, UnitResult } from '../contract/unit.ts';
import type { Services } from '../runtime/services.ts';
import { changedSince } from '../source/changedSince.ts';
import { readDocuments } from '../source/readDocuments.ts';
import { compareRange } from '../validation/compareRange.ts';
import { forEachRange, type RangeContext } from './units/forEachRange.ts';

/**
 * Compares the ranges of one unit, row by row, and repairs once: all rows, or those written since a transaction. What fails
 * is data, and what is thrown is storage's: see {@link forEachRange}.
 */
export async function validateUnit(services: Services, input: UnitInput, signal: AbortSignal): Promise<UnitResult> {
  const step = input.since === null ? 'validate' : 'catch-up';
  return await forEachRange(services, input, `${step}-${input.unit}`, signal, (context) =>
    validateRange(context, input),
  );
}

async function validateRange(context: RangeContext, { since, whole }: UnitInput): Promise<void> {
  const { access, tally, progress } = context;
  const isWhole = since === null || whole?.includes(context.definition.table) === true;
  const definition = isWhole ? context.definition : changedSince(context.definition, since);
  const batches = readDocuments(context.source, definition, context.range, context.limits);
  const result = await compareRange(batches, access, definition, {
    mayRepair: context.mayWrite,
    mayDisplace: !context.isShared,
    tellsRepairs: since === null,
    differences: context.differences,
    onProgress: (documents) => {
      if (since === null) progress.add('validated', definition.table, documents);
    },
    // The documents that it is compared with are as large again.
    admit: (batch) => context.admit(batch, 2),
  });
  const { equal, failed, repaired, inserted } = result;
  tally.add(definition.table, { migrated: equal, errors: failed, repaired, inserted });
  definition.children.forEach((child, index) => {
    if (!child.isCounted) return;
    const migrated = result.childEqual[index] ?? 0;
    tally.add(child.table, {
      migrated,
      errors: result.childFailed[index] ?? 0,
      repaired: result.childRepaired[index] ?? 0,
      inserted: result.childInserted[index] ?? 0,
    });
    if (since === null) progress.add('validated', child.table, migrated);
  });
  if (since !== null && (isWhole || definition.rowVersion === null)) {
    tally.whole.add(definition.table);
    for (const child of definition.children) if (child.isCounted) tally.whole.add(child.table);
  }
  tally.addFindings(definition.table, result);
  if (!context.mayWrite) tally.addToWrite(definition.table, result.missing, result.different);
  tally.hasTypeDifference ||= result.hasTypeDifference;
}
