import type { LayoutName } from '../../contract/layoutName.ts';
import type { MigrationReport } from '../../contract/migrationReport.ts';
import { LAYOUT_GUIDE } from '../layoutGuide.ts';
import { nextSteps, otherLayouts, questionsAhead } from '../nextSteps.ts';
import { html, type SafeHtml } from './html.ts';

/** Who reads what was made, and what comes next; nothing after a run that has made nothing. */
export function nextPanel(report: MigrationReport): SafeHtml | null {
  const steps = nextSteps(report);
  if (steps.length === 0) return null;
  const questions = report.kind === 'analysis' ? questionsAhead(report) : [];
  return html`<section class="panel" aria-labelledby="next"><h2 id="next">Layout and next step</h2>
<dl class="facts">${[report.layout, ...otherLayouts(report)].map(layoutFact)}${questions.map((question) => html`<dt>Will ask</dt><dd>${question}</dd>`)}${steps.map((step) => html`<dt>Next</dt><dd>${step}</dd>`)}</dl></section>`;
}

function layoutFact(layout: LayoutName): SafeHtml {
  const { reader, targets, status } = LAYOUT_GUIDE[layout];
  return html`<dt class="mono">${layout}</dt><dd>${reader}. On ${targets}. Status: ${status}.</dd>`;
}
