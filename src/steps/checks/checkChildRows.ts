import { findTable } from '../../contract/sourceSchema.ts';
import type { SeenRows } from '../../contract/steps/checkCollections.ts';
import { formatCount } from '../../formatCount.ts';
import { quoteIdentifier } from '../../quoteSql.ts';
import { countChanged } from '../shared/countChanged.ts';
import type { CheckContext, LateCheck } from './checkContext.ts';
import { nameUnplaced } from './nameUnplaced.ts';

/** Rows that stand in documents of others have no collection to be counted in: those that were compared must be those that the source counts. */
export const checkChildRows: LateCheck = async (context) => {
  const { input, definitions, children, rows, tally } = context;
  const joined = new Set(children.flatMap((child) => ('countAt' in child ? [child.table] : [])));
  for (const table of new Set(children.map((child) => child.table))) {
    if (rows[table] === undefined) continue;
    // Of joined rows alone a pass over changes sees only those of documents that were not there: the checks count them.
    const isJoined = joined.has(table);
    // Where nothing was compared, no number tells whether all were read.
    const lost = input.seen === null && !isJoined ? await nameUnplaced(context, table) : 0;
    if (lost > 0) {
      const message = `Of ${formatCount(rows[table] ?? 0)} rows that the source counts, ${formatCount(lost)} ${lost === 1 ? 'stands' : 'stand'} in no document`;
      tally.addError('counts', table, message);
    }
    const seen = input.seen?.[table];
    if (seen === undefined || (isJoined && !definitions.some((definition) => definition.table === table))) continue;
    const isComplete = await checkSeen(context, table, seen);
    if (isComplete && !isJoined && tally.unplaced[table] === undefined) tally.totals[table] = seen[0] + seen[1];
  }
};

/** Were all rows of the table read? */
async function checkSeen(context: CheckContext, table: string, [equal, different]: SeenRows): Promise<boolean> {
  const { input, plan, layout, ends, rows, tally } = context;
  const read = equal + different;
  if (read === rows[table]) return true;
  const known = findTable(plan.schema, table);
  const from = `${known?.hasHeirs === true ? 'only ' : ''}${quoteIdentifier(plan.schema.schema)}.${quoteIdentifier(table)} t`;
  const rowVersion = known?.canSample === true ? 't.xmin' : null;
  const counted = await countChanged(
    ends.source,
    { from, where: layout.scopes[table] ?? null, rowVersion },
    input.since ?? '0',
  );
  const least = input.since === null ? counted.all : counted.all - counted.changed;
  // Rows that are named one by one are no difference in numbers, nor what another pass or an index could bring.
  if (read >= least || read + (await nameUnplaced(context, table)) >= least) return true;
  tally.missing.add(table);
  const message = `Of ${formatCount(counted.all)} rows that the source counts, ${formatCount(read)} were read and stand in documents`;
  tally.addError('counts', table, message);
  return false;
}
