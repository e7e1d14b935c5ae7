import type { MigrationReport } from '../../contract/migrationReport.ts';
import { formatCount } from '../../formatCount.ts';
import { formatPlural } from '../formatUnits.ts';
import { html, type SafeHtml } from './html.ts';

/** Documents that were deleted, by table, with the keys that are kept of each; nothing where none were. */
export function deletedPanel(report: MigrationReport): SafeHtml | null {
  const tables = Object.entries(report.deleted).filter(([, { count }]) => count > 0);
  if (tables.length === 0) return null;
  const items = tables.map(([name, { count, keys }]) => {
    const more =
      count > keys.length ? html`<li class="soft">and ${formatCount(count - keys.length)} more, not listed</li>` : null;
    return html`<details><summary><span class="mono">${name}</span>: ${formatPlural(count, 'document')}</summary><ul>${keys.map((key) => html`<li class="mono">${key}</li>`)}${more}</ul></details>`;
  });
  return html`<section class="panel deleted" aria-labelledby="deleted"><h2 id="deleted">Deleted documents</h2>
<p class="soft">Their rows are gone from the source.</p>${items}</section>`;
}
