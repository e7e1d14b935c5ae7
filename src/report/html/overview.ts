import type { MigrationReport } from '../../contract/migrationReport.ts';
import type { CardVerdict } from '../../contract/verdict.ts';
import { formatCount } from '../../formatCount.ts';
import { UNDO_FENCE } from '../fenceSql.ts';
import { formatBytes, formatPlural, formatSeconds, ratePerSecond } from '../formatUnits.ts';
import { isCounted } from '../isCounted.ts';
import { html, type SafeHtml } from './html.ts';
import { icon } from './icon.ts';

/** The head of the page: how it ended, from where to where. */
export function outcomePanel(report: MigrationReport): SafeHtml {
  const { good, headline, details, instantLines } = report.verdict;
  return html`<section class="panel outcome ${good ? 'good' : 'bad'}" aria-labelledby="outcome">
${icon(good ? 'ok' : 'failed')}<h2 id="outcome">${headline}</h2><div>${instantLines.map((line, index) => html`<p${index === 0 ? html` class="instant"` : null}>${line}</p>`)}
${details.map((sentence) => html`<p>${sentence}</p>`)}
<dl class="route"><dt>Source</dt><dd class="mono">${report.source}</dd><dt>Target</dt><dd class="mono">${report.target}</dd></dl></div>
</section>`;
}

/** What ended a migration, each with what to do about it; nothing where there was nothing. */
export function problemsPanel(report: MigrationReport): SafeHtml | null {
  if (report.problems.length === 0) return null;
  const items = report.problems.map(
    ({ kind, message, hint }) =>
      html`<li><p class="message">${message}</p><p>${hint}</p><p><span class="tag error">${kind}</span></p></li>`,
  );
  return html`<section class="panel" aria-labelledby="problems"><h2 id="problems">What went wrong</h2><ul class="problems">${items}</ul></section>`;
}

/** What to do after a cut-over; nothing after another end. */
export function afterCutoverPanel({ afterCutover }: MigrationReport): SafeHtml | null {
  if (afterCutover === undefined) return null;
  const { reader, undo } = afterCutover;
  // Line by line: in a text of a report a line break would be shown as what it is.
  const pasted = (lines: readonly string[]) => html`<pre class="mono">${lines.map((line) => html`${line}\n`)}</pre>`;
  return html`<section class="panel" aria-labelledby="after"><h2 id="after">After the cut-over</h2>${pasted(reader)}<p>${UNDO_FENCE}</p>${pasted(undo)}</section>`;
}

/** The figures that matter most, as cards; nothing of a dry run that counted nothing. */
export function figureCards(report: MigrationReport): SafeHtml | null {
  if (report.kind === 'analysis' && !isCounted(report.analysis)) return null;
  return html`<dl class="cards">${report.kind === 'analysis' ? dryRunCards(report) : migrationCards(report)}</dl>`;
}

function migrationCards(report: MigrationReport): SafeHtml[] {
  const { seconds, verdict } = report;
  const { migrated, errors, validation } = verdict.cards;
  const isComparison = report.kind === 'comparison';
  return [
    judgedCard(migrated),
    judgedCard(errors),
    ...(validation === null ? [] : [judgedCard(validation)]),
    card(
      'Time',
      formatSeconds(seconds.total),
      `${formatSeconds(isComparison ? seconds.validate : seconds.copy)} of it ${isComparison ? 'comparing' : 'copying'}`,
    ),
    ...(verdict.copiedRecords === null ? [] : [rateCard(verdict.copiedRecords, report)]),
    report.requestUnits === null
      ? card('Throttled', formatCount(report.throttled), 'requests refused and sent again')
      : card(
          'Request units',
          formatCount(report.requestUnits),
          `${formatPlural(report.throttled, 'request')} throttled and sent again`,
        ),
  ];
}

function rateCard(records: number, { seconds, bytes }: MigrationReport): SafeHtml {
  const rate = ratePerSecond(records, seconds.copy);
  const byteRate = ratePerSecond(bytes, seconds.copy);
  return card(
    'Rate',
    rate === null ? '–' : `${formatCount(rate)}/s`,
    rate === null || byteRate === null ? 'records while copying' : `records, ${formatBytes(byteRate)}/s`,
  );
}

function judgedCard({ name, figure, beside, bad }: CardVerdict): SafeHtml {
  return card(name, figure, beside, bad);
}

function dryRunCards(report: MigrationReport): SafeHtml[] {
  const { analysis } = report;
  const units = analysis.requestUnits;
  const tables = Object.values(analysis.tables);
  const filled = tables.filter((table) => table.rows > 0).length;
  return [
    card(
      'Records to migrate',
      formatCount(analysis.totalRows),
      `in ${formatPlural(filled, 'table')}; ${tables.length - filled} more are empty`,
    ),
    card('Size in the source', formatBytes(analysis.totalBytes), 'rows, without indexes'),
    card('Estimated time', formatSeconds(analysis.estimatedSeconds), 'for copy and validation'),
    ...(units === null
      ? []
      : [
          card(
            'Request units',
            formatCount(units.total),
            units.provisioned === null ? 'throughput unknown' : `${formatCount(units.provisioned)} RU/s now`,
          ),
        ]),
  ];
}

function card(name: string, figure: string, beside: string, bad = false): SafeHtml {
  return html`<div class="card${bad ? ' bad' : ''}"><dt>${name}</dt><dd class="figure">${figure}</dd><dd class="beside">${beside}</dd></div>`;
}
