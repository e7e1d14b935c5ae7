import { formatBytes, formatCount, formatInstant, formatPlural, formatSeconds, ratePerSecond } from '../formatUnits.ts';
import type { CheckResult, MigrationReport } from '../model.ts';
import { describeOutcome } from '../outcome.ts';
import { html, type SafeHtml } from './html.ts';
import { icon } from './icon.ts';

/** The head of the page: how it ended, from where to where. */
export function outcomePanel(report: MigrationReport): SafeHtml {
  const { good, headline, detail } = describeOutcome(report);
  const upTo = report.consistentAt;
  return html`<section class="panel outcome ${good ? 'good' : 'bad'}" aria-labelledby="outcome">
${icon(good ? 'ok' : 'failed')}<h2 id="outcome">${headline}</h2><div><p>${detail}</p>
${upTo === null ? null : html`<p>The target equals the source up to <strong>${formatInstant(upTo)}</strong>.</p>`}
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

/** The figures that matter most, as cards. */
export function figureCards(report: MigrationReport): SafeHtml {
  return html`<dl class="cards">${report.dryRun ? dryRunCards(report) : migrationCards(report)}</dl>`;
}

function migrationCards(report: MigrationReport): SafeHtml[] {
  const { totals, seconds } = report;
  const rate = ratePerSecond(totals.migrated, seconds.copy);
  const byteRate = ratePerSecond(report.bytes, seconds.copy);
  const complete = totals.migrated === totals.total;
  return [
    card(
      'Records migrated',
      formatCount(totals.migrated),
      `of ${formatPlural(totals.total, 'record')} in the source`,
      !complete,
    ),
    card(
      'Errors',
      formatCount(totals.errors),
      totals.errors === 0 ? 'every row could be carried' : 'rows that did not arrive',
      totals.errors > 0,
    ),
    validationCard(report),
    card('Time', formatSeconds(seconds.total), `${formatSeconds(seconds.copy)} of it copying`),
    card(
      'Rate',
      rate === null ? '–' : `${formatCount(rate)}/s`,
      byteRate === null ? 'records while copying' : `records, ${formatBytes(byteRate)}/s`,
    ),
    report.requestUnits === null
      ? card('Throttled', formatCount(report.throttled), 'requests refused and sent again')
      : card(
          'Request units',
          formatCount(report.requestUnits),
          `${formatPlural(report.throttled, 'request')} throttled and sent again`,
        ),
  ];
}

function validationCard(report: MigrationReport): SafeHtml {
  const { counts, types, indexes, references, content } = report.validation;
  const results: readonly CheckResult[] = [counts, types, indexes, references, content];
  const run = results.filter((result) => result !== 'skipped').length;
  const ok = results.filter((result) => result === 'ok').length;
  const findings = report.validation.findings.length + report.findingsOmitted;
  if (run === 0) return card('Validation', 'Skipped', 'nothing was compared');
  const beside = findings > 0 ? formatPlural(findings, 'finding') : 'checks without a difference';
  return card('Validation', `${ok} of ${run}`, beside, ok < run);
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
            units.provisioned === null ? 'throughput not told' : `${formatCount(units.provisioned)} RU/s now`,
          ),
        ]),
  ];
}

function card(name: string, figure: string, beside: string, bad = false): SafeHtml {
  return html`<div class="card${bad ? ' bad' : ''}"><dt>${name}</dt><dd class="figure">${figure}</dd><dd class="beside">${beside}</dd></div>`;
}
