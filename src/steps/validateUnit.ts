import type { UnitInput, UnitResult } from '../contract/unit.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { changedSince } from '../source/changes.ts';
import { DocumentAccess } from '../target/documentAccess.ts';
import { compareRange } from '../validation/compareRange.ts';
import { accessOptions, forEachRange } from './unitRanges.ts';

/** Compares the ranges of one unit, row by row, and repairs once: all rows, or those written since a transaction. Throws nothing: see {@link forEachRange}. */
export async function validateUnit(workplace: Workplace, input: UnitInput, signal: AbortSignal): Promise<UnitResult> {
  const pulse = workplace.pulse(input.id, input.plan);
  const step = input.since === null ? 'validate' : 'catch-up';
  return await forEachRange(workplace, input, `${step}-${input.unit}`, signal, async (work) => {
    const { tally } = work;
    const { since } = input;
    const isWhole = since === null || input.whole?.includes(work.definition.table) === true;
    const definition = isWhole ? work.definition : changedSince(work.definition, since);
    const access = new DocumentAccess(work.target, work.traits, work.pace, definition, accessOptions(work));
    const result = await compareRange(
      work.source,
      access,
      definition,
      work.range,
      work.limits,
      (documents) => {
        if (input.since === null) work.progress.add('validated', definition.table, documents);
      },
      { mayRepair: work.lease !== null, mayDisplace: !work.shared.has(definition.collection) },
      // The documents that it is compared with are as large again.
      (batch) => workplace.budget.admitBatch(batch, 2),
    ).finally(() => {
      // Also of a range that is interrupted or fails.
      tally.throttled += access.throttled;
      pulse.addLoad(access.throttled, 0);
    });
    tally.add(definition.table, result.equal, 0, result.failed, result.repaired, result.inserted);
    definition.children.forEach((child, index) => {
      if (!child.isCounted) return;
      const equal = result.childEqual[index] ?? 0;
      const [failed, repaired] = [result.childFailed[index] ?? 0, result.childRepaired[index] ?? 0];
      tally.add(child.table, equal, 0, failed, repaired, result.childInserted[index] ?? 0);
      if (input.since === null) work.progress.add('validated', child.table, equal);
    });
    if (input.since !== null && (isWhole || definition.rowVersion === null)) {
      tally.whole.add(definition.table);
      for (const child of definition.children) if (child.isCounted) tally.whole.add(child.table);
    }
    tally.addFindings(definition.table, result);
    if (work.lease === null) tally.addToWrite(definition.table, result.missing, result.different);
    tally.hasTypeDifference ||= result.hasTypeDifference;
  });
}
