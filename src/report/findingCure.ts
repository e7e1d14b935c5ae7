import type { Finding } from '../contract/migrationReport.ts';

const AGAIN = 'run the migration again: it writes only what is missing or differs, and compares all';

const CURES: Readonly<Record<Finding['check'], string>> = {
  counts: `Rows and documents differ in number. Make sure that nothing else writes to the target, then ${AGAIN}`,
  types: `A field has another type than its column gives it. Make sure that nothing else writes to the target, then ${AGAIN}`,
  indexes: `An index is missing or another one. Correct what its message names, then ${AGAIN}`,
  references:
    'The source has these values without a parent itself: remove them there, or keep them as they are. If the source has none, run the migration again',
  content:
    'The row holds something that its document cannot hold, or that another row holds too. Correct the row as the message says, then run the migration again; the layout tables keeps JSON as the text that it is',
  schema:
    'The tables of the source changed while they were read. Wait until nobody upgrades or restores the database, then run the migration again',
  copy: 'The row has no document. Correct it in the source as its message says and run the migration with --catch-up, or leave its table out with --exclude',
};

/**
 * What to do about a finding: the same sentence for all of its kind, so that a report gives it once. Null for a note, which
 * asks for nothing beyond what its message says.
 */
export function cureOf({ severity, check, kind, isFailure }: Finding): string | null {
  if (severity === 'note') return null;
  if (isFailure === true) {
    return 'The table could not be looked at. Correct what its message names, then run the migration again, or mlflow-migrate validate where only the comparison failed';
  }
  if (kind === 'refused') return CURES.copy;
  if (kind === 'differs') {
    return `A document differs from its row: somebody changed it in the target, or the row has changed since it was brought over. Make sure that nothing else writes to the target, then ${AGAIN}. --catch-up is enough where only rows have changed since`;
  }
  if (kind === 'extra') {
    return 'A document has no row in the source. Find out who writes to the target; mlflow-migrate differences names all of them, and what this source brought is deleted by running the migration again';
  }
  if (kind === 'missing')
    return `A row has no document. Make sure that nothing else deletes from the target, then ${AGAIN}`;
  return CURES[check];
}

/** The cures of several findings, each once, in the order in which they are met. */
export function curesOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(cureOf).filter((cure) => cure !== null))];
}
