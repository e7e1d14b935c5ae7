import type { MigrationReport } from '../contract/migrationReport.ts';
import { formatEnd, formatInstant } from './formatUnits.ts';
import { deletedPanel } from './html/deletedPanel.ts';
import { digestsPanel } from './html/digestsPanel.ts';
import { artifactsPanel, environmentPanel, requestUnitsPanel, settingsPanel } from './html/factsPanels.ts';
import { findingsPanel } from './html/findingsPanel.ts';
import { html, type SafeHtml } from './html/html.ts';
import { nextPanel } from './html/nextPanel.ts';
import { afterCutoverPanel, figureCards, outcomePanel, problemsPanel } from './html/overview.ts';
import { phaseChart } from './html/phaseChart.ts';
import { type ChartRow, rowsChart } from './html/rowsChart.ts';
import { signaturePanel } from './html/signaturePanel.ts';
import { STYLE_SHEET } from './html/styleSheet.ts';
import { tablesPanel } from './html/tablesPanel.ts';
import { validationPanel } from './html/validationPanel.ts';
import { wouldChangePanel } from './html/wouldChangePanel.ts';
import { tableMark } from './judge.ts';

/** Nothing is loaded and nothing runs: the page may be mailed, archived and printed. The style stands in the page itself. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The report as one page without scripts or external parts; everything from the report is escaped. HTML and well-formed XML alike. */
export function renderHtml(report: MigrationReport): string {
  const { headline, subject } = report.verdict;
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="referrer" content="no-referrer" />
<title>${headline}: ${report.source} → ${report.target}</title>
<style>${STYLE_SHEET}</style>
</head>
<body>
<div class="page">
<header class="top"><div><p class="kicker">MLflow, PostgreSQL → MongoDB</p><h1>${subject} report</h1></div>
<p class="when">${formatInstant(report.startedAt)}<br /><code>${report.id}</code></p></header>
<main>
${outcomePanel(report)}
${problemsPanel(report)}
${afterCutoverPanel(report)}
${figureCards(report)}
${checksAndTimes(report)}
${findingsPanel(report)}
${artifactsPanel(report)}
${deletedPanel(report)}
${wouldChangePanel(report)}
${requestUnitsPanel(report.analysis.requestUnits)}
${rowsPanel(report)}
${tablesPanel(report)}
${digestsPanel(report)}
${nextPanel(report)}
<div class="pair">${environmentPanel(report)}${settingsPanel(report)}</div>
${signaturePanel(report)}
</main>
<footer>Written by ${report.environment.program} at ${formatEnd(report.finishedAt)}. Host and database names only: no user, no password, no value of a row${report.artifacts == null ? '' : ' but how locations of artifacts begin'}.</footer>
</div>
</body>
</html>
`;
  return page.markup;
}

/** Of a run of which nothing may be said of checks, only where the time went; of a dry run neither. */
function checksAndTimes(report: MigrationReport): SafeHtml | null {
  if (report.kind === 'analysis') return null;
  const checks = validationPanel(report);
  return checks === null ? timePanel(report) : html`<div class="pair">${checks}${timePanel(report)}</div>`;
}

function timePanel(report: MigrationReport): SafeHtml {
  return html`<section class="panel" aria-labelledby="time"><h2 id="time">Where the time went</h2>${phaseChart(report)}</section>`;
}

function rowsPanel(report: MigrationReport): SafeHtml | null {
  const rows = chartRows(report);
  if (rows.length === 0) return null;
  return html`<section class="panel" aria-labelledby="rows"><h2 id="rows">Rows per table</h2>${rowsChart(rows, report.verdict.columns.share)}</section>`;
}

function chartRows(report: MigrationReport): ChartRow[] {
  if (report.kind === 'analysis') {
    return Object.entries(report.analysis.tables).map(([name, { rows }]) => ({
      name,
      total: rows,
      migrated: null,
      faulty: false,
    }));
  }
  return Object.entries(report.tables).map(([name, totals]) => ({
    name,
    total: totals.total,
    migrated: totals.migrated,
    faulty: !tableMark(name, totals, report).good,
  }));
}
