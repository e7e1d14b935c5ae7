import { formatBytes, formatCount, formatInstant, formatPlural, formatSeconds, ratePerSecond } from './formatUnits.ts';
import type { CheckResult, Finding, MigrationReport } from './model.ts';
import { describeOutcome } from './outcome.ts';
import { printable } from './printable.ts';
import { analysisLines } from './renderAnalysis.ts';

const TITLE_RULE = '='.repeat(60);
const SECTION_RULE = '-'.repeat(40);
const RESULT_MARK: Readonly<Record<CheckResult, string>> = { ok: '✅', failed: '❌', skipped: '➖' };
/** The mark of a table's line takes two columns on a terminal, a space one: the line without a mark starts that far in. */
const TABLE_NAME_WIDTH = 20;
const UNMARKED_NAME_WIDTH = 3 + TABLE_NAME_WIDTH;

/**
 * The report in the layout of the original tool (design §1), with what that one did not know in sections of their own below.
 * Programs read these lines: widths and words of title, head and summary stay. Ends in a line break.
 */
export function renderText(report: MigrationReport): string {
  const sections = [
    head(report),
    report.dryRun ? dryRunSummary(report) : summary(report),
    report.dryRun ? [] : validation(report),
    findings(report),
    report.dryRun ? [] : performance(report),
    environment(report),
    problems(report),
    closing(report),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function head(report: MigrationReport): string[] {
  return [
    TITLE_RULE,
    'MLFLOW POSTGRESQL TO MONGODB MIGRATION REPORT',
    TITLE_RULE,
    `Migration Date: ${formatInstant(report.startedAt)}`,
    `Source: ${printable(report.source)}`,
    `Destination: ${printable(report.target)}`,
    `Batch Size: ${report.settings.batchSize}`,
    `Dry Run: ${report.dryRun ? 'True' : 'False'}`,
  ];
}

function summary(report: MigrationReport): string[] {
  return [
    'MIGRATION SUMMARY:',
    SECTION_RULE,
    ...Object.entries(report.tables).map(([name, totals]) => {
      const mark = totals.errors > 0 || totals.migrated !== totals.total ? '❌' : '✅';
      return `${mark} ${printable(name.toUpperCase()).padEnd(TABLE_NAME_WIDTH)} ${counts(totals)}`;
    }),
    SECTION_RULE,
    `${'TOTAL RECORDS:'.padEnd(UNMARKED_NAME_WIDTH)} ${counts(report.totals)}`,
    ...standing(report),
  ];
}

function counts(totals: MigrationReport['totals']): string {
  const total = formatCount(totals.total).padStart(8);
  const migrated = formatCount(totals.migrated).padStart(8);
  return `Total: ${total} | Migrated: ${migrated} | Errors: ${formatCount(totals.errors).padStart(5)}`;
}

/** Rows that needed no writing and rows that validation put right; nothing where there were none. */
function standing(report: MigrationReport): string[] {
  const tables = Object.values(report.tables);
  const unchanged = tables.reduce((sum, table) => sum + table.unchanged, 0);
  const repaired = tables.reduce((sum, table) => sum + table.repaired, 0);
  return [
    ...(unchanged > 0 ? [`In the target before: ${formatPlural(unchanged, 'record')}, left unchanged`] : []),
    ...(repaired > 0 ? [`Repaired by validation: ${formatPlural(repaired, 'record')}`] : []),
  ];
}

function dryRunSummary(report: MigrationReport): string[] {
  return [
    'MIGRATION SUMMARY:',
    SECTION_RULE,
    'Nothing was written. A migration would copy:',
    ...analysisLines(report.analysis),
  ];
}

function validation(report: MigrationReport): string[] {
  const { counts: countResult, types, indexes, references, content } = report.validation;
  const checks = { Counts: countResult, Types: types, Indexes: indexes, References: references, Content: content };
  return [
    `VALIDATION (${report.settings.validate}):`,
    SECTION_RULE,
    ...Object.entries(checks).map(
      ([name, result]) => `${RESULT_MARK[result]} ${name.padEnd(TABLE_NAME_WIDTH)} ${result}`,
    ),
    ...(report.consistentAt === null ? [] : [`Target equals source up to: ${formatInstant(report.consistentAt)}`]),
  ];
}

function findings(report: MigrationReport): string[] {
  const listed = report.validation.findings;
  if (listed.length === 0 && report.findingsOmitted === 0) return [];
  return [
    `FINDINGS (${formatCount(listed.length + report.findingsOmitted)}):`,
    SECTION_RULE,
    ...listed.flatMap(findingLines),
    ...(report.findingsOmitted > 0
      ? [`... and ${formatCount(report.findingsOmitted)} more, counted but not listed`]
      : []),
  ];
}

function findingLines(finding: Finding): string[] {
  const types = [finding.sourceType, finding.targetType].filter((type) => type !== undefined).join(' -> ');
  const where = [
    `[${finding.check}] ${printable(finding.table)}`,
    ...(finding.key === undefined ? [] : [`key: ${printable(finding.key)}`]),
    ...(finding.field === undefined ? [] : [`field: ${printable(finding.field)}`]),
    ...(types === '' ? [] : [`types: ${printable(types)}`]),
  ];
  return [`${finding.severity === 'error' ? '❌' : '💡'} ${where.join(' | ')}`, `   ${printable(finding.message)}`];
}

function performance(report: MigrationReport): string[] {
  const { seconds } = report;
  const rate = ratePerSecond(report.totals.migrated, seconds.copy);
  return [
    'PERFORMANCE:',
    SECTION_RULE,
    ...facts([
      ['Copy', formatSeconds(seconds.copy)],
      ['Indexes', formatSeconds(seconds.indexes)],
      ['Validation', formatSeconds(seconds.validate)],
      ['Total time', formatSeconds(seconds.total)],
      ['Rate', rate === null ? '-' : `${formatCount(rate)} records/s while copying`],
      ['Data', formatBytes(report.bytes)],
      ['Throttled', `${formatPlural(report.throttled, 'request')} refused by the target and sent again`],
      [
        'Request units',
        report.requestUnits === null ? 'none on this target' : `${formatCount(report.requestUnits)} RU`,
      ],
    ]),
  ];
}

function environment(report: MigrationReport): string[] {
  const { environment: versions, settings } = report;
  const release = versions.mlflowRelease === null ? '' : ` (MLflow ${versions.mlflowRelease})`;
  return [
    'ENVIRONMENT:',
    SECTION_RULE,
    ...facts([
      ['Migration', report.id],
      ['Started', formatInstant(report.startedAt)],
      ['Finished', formatInstant(report.finishedAt)],
      ['Layout', report.layout],
      ['Schema', versions.schema],
      ['Schema revision', versions.revision === null ? 'none' : `${versions.revision}${release}`],
      ['PostgreSQL', versions.postgres],
      ['Target', `${versions.target} (${versions.flavour})`],
      ['Program', `${versions.program} on Node ${versions.node.replace(/^v/, '')}`],
      ['Parallel', formatCount(settings.parallel)],
      ...(settings.tables === null ? [] : ([['Tables', settings.tables.join(', ')]] as const)),
      ...(settings.workspace === null ? [] : ([['Workspace', settings.workspace]] as const)),
      ['Report as JSON', report.reports.json],
      ['Report as text', report.reports.text],
      ['Report as HTML', report.reports.html],
    ]),
  ];
}

function facts(pairs: readonly (readonly [name: string, value: string])[]): string[] {
  return pairs.map(([name, value]) => `${`${name}:`.padEnd(UNMARKED_NAME_WIDTH)} ${printable(value)}`);
}

function problems(report: MigrationReport): string[] {
  if (report.problems.length === 0) return [];
  return [
    `PROBLEMS (${formatCount(report.problems.length)}):`,
    SECTION_RULE,
    ...report.problems.flatMap(({ kind, message, hint }) => [
      `❌ [${kind}] ${printable(message)}`,
      `   ${printable(hint)}`,
    ]),
  ];
}

/** The line that says how it ended stands last, where a tail of the log shows it. */
function closing(report: MigrationReport): string[] {
  const { good, headline, detail } = describeOutcome(report);
  return [detail, '', good ? `🎉 ${headline.toUpperCase()}!` : `❌ ${headline.toUpperCase()}`];
}
