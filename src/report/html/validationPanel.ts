import type { CheckResult, MigrationReport } from '../model.ts';
import { html, type SafeHtml } from './html.ts';
import { icon } from './icon.ts';

type Check = Exclude<keyof MigrationReport['validation'], 'findings'>;

const CHECKS: Readonly<Record<Check, { readonly name: string; readonly meaning: string }>> = {
  counts: { name: 'Counts', meaning: 'as many documents as rows, table by table' },
  types: { name: 'Types', meaning: 'every field has the BSON type that its column asks for' },
  indexes: { name: 'Indexes', meaning: 'keys, order and uniqueness' },
  references: { name: 'References', meaning: 'no run without its experiment, no metric without its run' },
  content: { name: 'Content', meaning: 'every value of every row, bit for bit' },
};

const RESULT_WORDS: Readonly<Record<CheckResult, string>> = { ok: 'OK', failed: 'Failed', skipped: 'Skipped' };

const MODE_WORDS: Readonly<Record<MigrationReport['settings']['validate'], string>> = {
  full: 'Every row was compared with its document.',
  counts: 'Only counts were asked for.',
  none: 'No validation was asked for.',
};

/** The five checks with their results. */
export function validationPanel(report: MigrationReport): SafeHtml {
  const items = Object.entries(CHECKS).map(([check, { name, meaning }]) => {
    const result = report.validation[check as Check];
    return html`<li>${icon(result)}<span>${name}<span class="soft">${meaning}</span></span><span class="result ${result}">${RESULT_WORDS[result]}</span></li>`;
  });
  return html`<section class="panel" aria-labelledby="validation"><h2 id="validation">Validation</h2>
<p class="soft">${MODE_WORDS[report.settings.validate]}</p><ul class="checks">${items}</ul></section>`;
}
