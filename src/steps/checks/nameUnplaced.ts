import { findUnplacedRows } from '../../validation/unplacedRows.ts';
import { isWholeTable } from '../shared/rowsInDocuments.ts';
import type { CheckContext } from './checkContext.ts';

/** Names rows that have no parent in whose document they could stand, and says how many there are. */
export async function nameUnplaced(context: CheckContext, table: string): Promise<number> {
  const { input, plan, layout, ends, tally } = context;
  // Where the schema keeps no row from being there, those rows have a collection of their own.
  if (layout.collections.some((other) => other.table === table)) return 0;
  let count = 0;
  for (const parent of layout.collections.filter(isWholeTable)) {
    for (const child of parent.children) {
      if (child.table !== table || !child.isCounted || child.where !== null || 'countAt' in child) continue;
      const found = await findUnplacedRows(ends.source, plan.schema, parent, child, input.request.validateOnly);
      tally.findings.push(...found.findings);
      tally.unlisted += found.count - found.findings.length;
      count += found.count;
    }
  }
  if (count > 0) tally.unplaced[table] = count;
  return count;
}
