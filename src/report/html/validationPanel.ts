import { CHECKS, type CheckName } from '../../contract/facts.ts';
import type { MigrationReport } from '../../contract/migrationReport.ts';
import type { CheckResult } from '../../contract/verdict.ts';
import { html, type SafeHtml } from './html.ts';
import { icon } from './icon.ts';

/** What each check looks at; whether it held stands beside it. */
const CHECK_WORDS: Readonly<Record<CheckName, { readonly name: string; readonly subject: string }>> = {
  counts: { name: 'Counts', subject: 'documents and rows, table by table' },
  types: { name: 'Types', subject: 'the BSON type of every field' },
  indexes: { name: 'Indexes', subject: 'keys, order and uniqueness' },
  references: { name: 'References', subject: 'parents of runs, metrics and all others that have one' },
  content: { name: 'Content', subject: 'every value of every row, bit for bit' },
  schema: { name: 'Schema', subject: 'tables and columns of the source, from plan to end' },
};

const RESULT_WORDS: Readonly<Record<CheckResult, string>> = {
  ok: 'OK',
  failed: 'Failed',
  skipped: 'Skipped',
  incomplete: 'Incomplete',
};

/** The checks with their results; null where nothing may be said of them. */
export function validationPanel({ verdict }: MigrationReport): SafeHtml | null {
  if (!verdict.speaksOfChecks) return null;
  const items = CHECKS.map((check) => {
    const { result, note } = verdict.checks[check];
    const { name, subject } = CHECK_WORDS[check];
    return html`<li>${icon(result)}<span>${name}<span class="soft">${note === null ? subject : `${subject} (${note})`}</span></span><span class="result ${result}">${RESULT_WORDS[result]}</span></li>`;
  });
  return html`<section class="panel" aria-labelledby="validation"><h2 id="validation">Validation</h2>
<p class="soft">${verdict.checksMeaning}</p><ul class="checks">${items}</ul></section>`;
}
