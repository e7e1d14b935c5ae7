import type { Finding } from '../contract/migrationReport.ts';
import { type DocumentBatch, type DocumentLosses, documentAt, idKey, showKey } from '../encoding/documentBatch.ts';

/** Fields that one finding names; more are counted. */
const MAX_FIELDS = 10;

/**
 * Findings of what the documents of a batch do not hold as their rows do, errors first: each is the right document all the
 * same, so that comparing it with what the target holds does not show this. An error for each row that lost a value; what
 * the reader does not miss is noted for the first row only, which `told` remembers. `check` says who tells: the comparison,
 * or the copy where nothing is compared.
 */
export function lossFindings(
  table: string,
  batch: DocumentBatch,
  check: 'content' | 'copy',
  told: Set<string>,
): Finding[] {
  const errors: Finding[] = [];
  const notes: Finding[] = [];
  for (const entry of batch.losses ?? []) {
    const lost = entry.losses.filter(({ severity }) => severity === 'error');
    if (lost.length > 0) {
      errors.push(finding('error', entry, lost));
      continue;
    }
    const first = entry.losses.filter(({ field, message }) => {
      // Of elements of an array the first one stands for all.
      const kind = `${field.replace(/\.\d+(?=\.|$)/g, '.#')}: ${message}`;
      if (told.has(kind)) return false;
      told.add(kind);
      return true;
    });
    if (first.length > 0) notes.push(finding('note', entry, first));
  }
  return [...errors, ...notes];

  function finding(
    severity: Finding['severity'],
    { document }: DocumentLosses,
    losses: DocumentLosses['losses'],
  ): Finding {
    const named = losses.slice(0, MAX_FIELDS).map(({ field, message }) => `${field}: ${message}`);
    const more = losses.length - named.length;
    const what = `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
    return {
      severity,
      check,
      table,
      key: showKey(idKey(documentAt(batch, document))),
      field: losses[0]?.field ?? '',
      message:
        severity === 'error'
          ? `The document does not hold all as the row does: ${what}`
          : `Rows such as this one stand a little otherwise in their document: ${what}`,
    };
  }
}
