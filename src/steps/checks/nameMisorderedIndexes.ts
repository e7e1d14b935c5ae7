import { describeMisordered, findMisorderedIndexes } from '../../source/indexOrder.ts';
import type { LateCheck } from './checkContext.ts';

/** Names the indexes by which rows were missed, where that is the reason. */
export const nameMisorderedIndexes: LateCheck = async ({ plan, ends, tally }) => {
  if (tally.missing.size === 0) return;
  const tables = [...tally.missing];
  const broken = await ends.source.read((client) => findMisorderedIndexes(client, plan.schema.schema, tables));
  for (const index of broken) tally.addError('counts', index.table, describeMisordered(index));
};
