import type { MigrationReport } from '../../contract/migrationReport.ts';
import { digestLines, digestOrigin } from '../digestLines.ts';
import { html, type SafeHtml } from './html.ts';

/** The digest of each collection; nothing where none was made. */
export function digestsPanel(report: MigrationReport): SafeHtml | null {
  const lines = digestLines(report);
  if (lines.length === 0) return null;
  const items = lines.map(
    ({ collection, text }) =>
      html`<li><span class="mono">${collection}</span> <span class="mono soft">${text}</span></li>`,
  );
  return html`<section class="panel" aria-labelledby="digests"><h2 id="digests">Digests</h2>
<p class="soft">The documents of each collection in one number, the same on both sides unless two are given. ${digestOrigin(report)}</p><details><summary>${lines.length} collections</summary><ul>${items}</ul></details></section>`;
}
