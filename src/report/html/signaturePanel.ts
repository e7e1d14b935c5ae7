import type { MigrationReport } from '../../contract/migrationReport.ts';
import { formatEnd } from '../formatUnits.ts';
import { html, type SafeHtml } from './html.ts';

/** Lines for whoever answers for the migration, with what is signed; a dry run is nothing to sign. */
export function signaturePanel(report: MigrationReport): SafeHtml | null {
  if (report.kind === 'analysis') return null;
  const lines = ['Name', 'Role', 'Date', 'Signature'].map(
    (name) => html`<div><dt>${name}</dt><dd class="blank"></dd></div>`,
  );
  return html`<section class="panel" aria-labelledby="sign"><h2 id="sign">Signature</h2>
<p class="soft">${report.verdict.headline}: <code>${report.id}</code>, ${report.source} → ${report.target}, ended ${formatEnd(report.finishedAt)}.</p>
<dl class="signature">${lines}</dl></section>`;
}
