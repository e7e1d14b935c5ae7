import { type DocumentBatch, documentAt, idKey, showKey } from '../mlflow/documentBatch.ts';
import type { Finding } from '../report/model.ts';

/** Fields that one finding names; more are counted. */
const MAX_FIELDS = 3;

/**
 * A finding for each document of the batch that does not hold the values of its row unchanged, errors first: the document
 * is the right one all the same, so that comparing it with what the target holds does not show this. `check` says who
 * tells: the comparison, or the copy where nothing is compared.
 */
export function lossFindings(table: string, batch: DocumentBatch, check: 'content' | 'copy'): Finding[] {
  const findings = (batch.losses ?? []).map(({ document, losses }): Finding => {
    // An error is named before notes, as the fields beyond the first ones are only counted.
    const ordered = [...losses].sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
    const told = ordered.slice(0, MAX_FIELDS).map(({ field, message }) => `${field}: ${message}`);
    const more = losses.length - told.length;
    return {
      severity: ordered[0]?.severity ?? 'note',
      check,
      table,
      key: showKey(idKey(documentAt(batch, document))),
      field: ordered[0]?.field ?? '',
      message: `The document holds not all as the row does: ${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    };
  });
  return [
    ...findings.filter(({ severity }) => severity === 'error'),
    ...findings.filter(({ severity }) => severity === 'note'),
  ];
}
