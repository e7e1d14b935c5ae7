import type { Finding } from '../../contract/migrationReport.ts';
import type { SeenRows } from '../../contract/steps/checkCollections.ts';
import { formatCount } from '../../formatCount.ts';
import { countChanged } from '../shared/countChanged.ts';
import type { CheckContext, CheckedCollection } from './checkContext.ts';
import type { CountResult } from './countResult.ts';

/** Are documents, rows that were compared and rows that the source counts the same number? Then nothing need be looked at again. */
export function fitsAtOnce(documents: number, [equal, different]: SeenRows, rows: number | undefined): boolean {
  return different === 0 && documents === equal && documents === rows;
}

/**
 * Documents, rows that were compared, and rows that the source counts must fit each other. Documents must be those that were
 * compared whatever the source does meanwhile; the source may have got rows and lost some since the last pass began.
 */
export async function compareSeen(
  { ends: { source }, input: { since } }: CheckContext,
  { definition, documents, isShared }: CheckedCollection,
  [equal, different, deleted]: SeenRows,
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
    const what = `The collection ${collection} has ${formatCount(documents)} documents, and ${formatCount(compared)} rows were compared`;
    const why =
      compared - deleted > rows.all ? ': rows were read more than once, or documents went' : ': documents went';
    findings.push(finding('error', hasSurplus ? what : `${what}${why} from the target while they were compared`));
  }
  // In a collection that holds other data documents tell nothing: there the rows that were read have to do.
  const arrived = (isShared ? equal : Math.min(documents, equal)) + different;
  if (compared < least) {
    const missed = `Of ${formatCount(rows.all)} rows that the source counts, ${formatCount(compared)} were read`;
    findings.push(finding('error', `${missed}: rows of ${table} cannot be found by their key`));
  } else if (arrived > rows.all && !isShared) {
    // Each row that was compared has a document of its own, so rows were deleted since: after the instant that is spoken of.
    const message = `The source has ${formatCount(rows.all)} rows of ${table} now, and ${formatCount(arrived)} have a document`;
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
