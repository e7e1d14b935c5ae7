import type { Finding } from '../contract/reportModel.ts';
import type { SeenRows } from '../contract/steps/checkCollections.ts';
import type { CollectionDefinition, LayoutDefinition } from '../mlflow/layouts/layout.ts';
import type { SourceDatabase } from '../source/client.ts';
import { countDocuments } from '../source/countRows.ts';
import { type ChangedCount, countChanged } from './countChanged.ts';
import { standsForOthers } from './rowsInDocuments.ts';

/** Is each row of the table a document, so that the numbers can be compared? */
export function isWholeTable(definition: CollectionDefinition): boolean {
  return definition.where === null;
}

/** Are the table's rows counted by this definition alone, one for each document? */
export function isCountedOnce(layout: LayoutDefinition, definition: CollectionDefinition): boolean {
  if (!isWholeTable(definition) || standsForOthers(definition)) return false;
  const { table } = definition;
  return !layout.collections.some(
    (other) =>
      (other !== definition && other.table === table) ||
      other.children.some((child) => child.isCounted && child.table === table),
  );
}

export interface CountResult {
  /** Rows that were seen, with or without a document that is equal; 0 where nothing was compared. */
  readonly rows: number;
  readonly findings: readonly Finding[];
  /** Are there, or may there be, documents that no row has? */
  readonly hasSurplus: boolean;
  /** Were fewer rows read than the source counts? */
  readonly isMissing?: boolean;
  /** Are the documents not those that the passes should have left? */
  readonly isStale?: boolean;
}

export const NOTHING_FOUND: CountResult = { findings: [], hasSurplus: false, rows: 0 };

/** Are documents, rows that were compared and rows that the source counts the same number? Then nothing need be looked at again. */
export function fitsAtOnce(documents: number, [equal, different]: SeenRows, rows: number | undefined): boolean {
  return different === 0 && documents === equal && documents === rows;
}

/**
 * Documents, rows that were compared, and rows that the source counts must fit each other. Documents must be those that were
 * compared whatever the source does meanwhile; the source may have got rows and lost some since the last pass began.
 */
export async function compareSeen(
  source: SourceDatabase,
  definition: CollectionDefinition,
  documents: number,
  [equal, different, deleted]: SeenRows,
  isShared: boolean,
  since: string | null,
): Promise<CountResult> {
  const { table, collection } = definition;
  const finding = (severity: Finding['severity'], message: string): Finding => ({
    severity,
    check: 'counts',
    table,
    message,
  });
  const compared = equal + different;
  const findings: Finding[] = [];
  const hasSurplus = documents > compared && !isShared;
  const rows = await countChanged(source, definition, since ?? '0');
  const least = since === null ? rows.all : rows.all - rows.changed;
  // Rows that were compared and have no document now: it went from the target, as the row is still there.
  const haveGone =
    !isShared && !hasSurplus && (documents < equal - deleted || (documents < equal && documents + different < least));
  if (hasSurplus || haveGone) {
    const what = `The collection ${collection} has ${show(documents)} documents, and ${show(compared)} rows were compared`;
    const why =
      compared - deleted > rows.all ? ': rows were read more than once, or documents went' : ': documents went';
    findings.push(finding('error', hasSurplus ? what : `${what}${why} from the target while they were compared`));
  }
  // In a collection that holds other data documents tell nothing: there the rows that were read have to do.
  const arrived = (isShared ? equal : Math.min(documents, equal)) + different;
  if (compared < least) {
    const missed = `Of ${show(rows.all)} rows that the source counts, ${show(compared)} were read`;
    findings.push(finding('error', `${missed}: rows of ${table} cannot be found by their key`));
  } else if (arrived > rows.all && !isShared) {
    // Each row that was compared has a document of its own, so rows were deleted since: after the instant that is spoken of.
    const message = `The source has ${show(rows.all)} rows of ${table} now, and ${show(arrived)} have a document`;
    const isLater = since !== null && findings.length === 0;
    findings.push(
      isLater
        ? finding('note', `${message}: rows were deleted since the last pass began; --catch-up deletes their documents`)
        : finding('error', message),
    );
  }
  // As many rows without a document as documents without a row leave the number as it is.
  const mayHide = !isShared && different > 0 && documents > equal;
  return { findings, hasSurplus: hasSurplus || mayHide, rows: arrived, isMissing: compared < least, isStale: haveGone };
}

/** Where nothing was compared, or documents and rows are not one to one: documents against what the source would make now (`made`, where that was counted). */
export async function compareCounts(
  source: SourceDatabase,
  definition: CollectionDefinition,
  documents: number,
  made: number | null,
  tableRows: Readonly<Record<string, number>>,
  isShared: boolean,
  since: string | null,
): Promise<CountResult> {
  const known = isWholeTable(definition) && !standsForOthers(definition) ? tableRows[definition.table] : undefined;
  const expected = made ?? known ?? (await source.read((client) => countDocuments(client, definition)));
  if (documents === expected || (isShared && documents > expected)) return NOTHING_FOUND;
  if (since !== null && (definition.rowVersion ?? definition.rootVersion ?? null) !== null) {
    // A source that lives: rows that were written since the last pass began are the next catch-up's.
    const rows: ChangedCount = await countChanged(source, definition, since);
    if (documents <= rows.all && documents >= rows.all - rows.changed) return NOTHING_FOUND;
  }
  const message = `The collection ${definition.collection} has ${show(documents)} documents for ${show(expected)} rows`;
  const hasSurplus = documents > expected;
  const findings: Finding[] = [{ severity: 'error', check: 'counts', table: definition.table, message }];
  return { findings, hasSurplus, rows: 0, isStale: true };
}

export function show(count: number): string {
  return count.toLocaleString('en-US');
}
