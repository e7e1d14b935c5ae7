import type { MigrationReport } from '../../contract/migrationReport.ts';
import { listChanges, NO_CHANGES } from '../listChanges.ts';
import { html, type SafeHtml } from './html.ts';

/** What a migration would change in a target that is filled already; nothing where that was not looked at. */
export function wouldChangePanel({ wouldChange }: MigrationReport): SafeHtml | null {
  if (wouldChange === null) return null;
  const changes = listChanges(wouldChange);
  const list = html`<dl class="facts">${changes.map(({ table, words }) => html`<dt class="mono">${table}</dt><dd>${words}</dd>`)}</dl>`;
  return html`<section class="panel" aria-labelledby="changes"><h2 id="changes">What a migration would change in the target</h2>
${changes.length === 0 ? html`<p class="soft">${NO_CHANGES}</p>` : list}</section>`;
}
