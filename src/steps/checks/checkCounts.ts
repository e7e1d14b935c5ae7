import { isCountedOnce, isRowPerDocument } from '../shared/rowsInDocuments.ts';
import type { CheckContext, CheckedCollection, CollectionCheck } from './checkContext.ts';
import { checkJoined } from './checkJoined.ts';
import { compareMade } from './compareMade.ts';
import { compareSeen, fitsAtOnce } from './compareSeen.ts';
import { type CountResult, NOTHING_FOUND } from './countResult.ts';

/** Documents must be as many as the rows that were compared, and as those that the source counts. */
export const checkCounts: CollectionCheck = async (context, collection) => {
  const { input, layout, ends, tally } = context;
  const { definition, documents, isShared } = collection;
  if (!isShared) tally.counted[definition.collection] = documents;
  const { table, children } = definition;
  const isCompared = isCountedOnce(layout, definition) && input.seen?.[table] !== undefined;
  const result = await compare(context, collection);
  tally.findings.push(...result.findings);
  if (result.hasSurplus) tally.surplus.push({ definition, documents });
  if (result.isMissing === true)
    for (const name of [table, ...children.map((child) => child.table)]) tally.missing.add(name);
  if (result.isStale === true) tally.stale.add(table);
  if (isRowPerDocument(layout, table, ends.shared)) tally.documents[table] = (tally.documents[table] ?? 0) + documents;
  await checkJoined(context, collection);
  // Rows that came or went since the last pass began are not spoken of.
  const fits = result.findings.every(({ severity }) => severity === 'note');
  if (isCompared && !isShared && fits) tally.totals[table] = result.rows;
};

async function compare(context: CheckContext, collection: CheckedCollection): Promise<CountResult> {
  const { input, layout, rows } = context;
  const { definition, documents } = collection;
  const seen = isCountedOnce(layout, definition) ? input.seen?.[definition.table] : undefined;
  if (seen === undefined) return await compareMade(context, collection);
  if (fitsAtOnce(documents, seen, rows[definition.table])) return { ...NOTHING_FOUND, rows: documents };
  return await compareSeen(context, collection, seen);
}
