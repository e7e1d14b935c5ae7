import type { Finding } from '../../contract/migrationReport.ts';
import { formatCount } from '../../formatCount.ts';
import { countDocuments } from '../../source/countRows.ts';
import { type ChangedCount, countChanged } from '../shared/countChanged.ts';
import { isWholeTable, standsForOthers } from '../shared/rowsInDocuments.ts';
import type { CheckContext, CheckedCollection } from './checkContext.ts';
import { type CountResult, NOTHING_FOUND } from './countResult.ts';

/** Where nothing was compared, or documents and rows are not one to one: documents against what the source would make now. */
export async function compareMade(
  { ends: { source }, input: { since }, rows: tableRows }: CheckContext,
  { definition, documents, isShared, made }: CheckedCollection,
): Promise<CountResult> {
  const known = isWholeTable(definition) && !standsForOthers(definition) ? tableRows[definition.table] : undefined;
  const expected = made?.documents ?? known ?? (await source.read((client) => countDocuments(client, definition)));
  if (documents === expected || (isShared && documents > expected)) return NOTHING_FOUND;
  if (since !== null && (definition.rowVersion ?? definition.rootVersion ?? null) !== null) {
    // A source that lives: rows that were written since the last pass began are the next catch-up's.
    const rows: ChangedCount = await countChanged(source, definition, since);
    if (documents <= rows.all && documents >= rows.all - rows.changed) return NOTHING_FOUND;
  }
  const message = `The collection ${definition.collection} has ${formatCount(documents)} documents for ${formatCount(expected)} rows`;
  const hasSurplus = documents > expected;
  const findings: Finding[] = [{ severity: 'error', check: 'counts', table: definition.table, message }];
  return { findings, hasSurplus, rows: 0, isStale: true };
}
