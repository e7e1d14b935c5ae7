import { CHECKS } from '../contract/facts.ts';
import type { Finding, MigrationReport } from '../contract/migrationReport.ts';
import { evidenceFiles } from '../contract/reportFiles.ts';
import type { CheckResult } from '../contract/verdict.ts';
import { formatCount } from '../formatCount.ts';
import { digestLines, digestOrigin } from './digestLines.ts';
import { formatBytes, formatInstant, formatPlural, formatSeconds, ratePerSecond } from './formatUnits.ts';
import { tableMark } from './judge.ts';
import { listArtifacts } from './listArtifacts.ts';
import { listChanges, NO_CHANGES } from './listChanges.ts';
import { printable } from './printable.ts';
import { analysisLines } from './renderAnalysis.ts';

const TITLE_RULE = '='.repeat(60);
const SECTION_RULE = '-'.repeat(40);
const RESULT_MARK: Readonly<Record<CheckResult, string>> = {
  ok: '✅',
  failed: '❌',
  skipped: '➖',
  incomplete: '❔',
};
/** The mark of a table's line takes two columns on a terminal, a space one: the line without a mark starts that far in. */
const TABLE_NAME_WIDTH = 20;
const UNMARKED_NAME_WIDTH = 3 + TABLE_NAME_WIDTH;

/**
 * The report in the layout of the original tool, with what that one did not know in sections of their own below.
 * Programs read these lines: widths and words of title, head and summary stay. Ends in a line break.
 */
export function renderText(report: MigrationReport): string {
  const sections = [
    head(report),
    report.kind === 'analysis' ? dryRunSummary(report) : summary(report),
    validation(report),
    findings(report),
    artifacts(report),
    deleted(report),
    digests(report),
    report.kind === 'analysis' ? [] : performance(report),
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
    report.verdict.title,
    TITLE_RULE,
    `${report.kind === 'comparison' ? 'Comparison' : 'Migration'} Date: ${formatInstant(report.startedAt)}`,
    `Source: ${printable(report.source)}`,
    `Destination: ${printable(report.target)}`,
    `Batch Size: ${report.settings.batchSize}`,
    `Dry Run: ${report.dryRun ? 'True' : 'False'}`,
  ];
}

function summary(report: MigrationReport): string[] {
  return [
    `${report.verdict.subject.toUpperCase()} SUMMARY:`,
    SECTION_RULE,
    ...Object.entries(report.tables).map(([name, totals]) => {
      const mark = tableMark(totals, report.verdict).good ? '✅' : '❌';
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
    ...changes(report),
  ];
}

function validation(report: MigrationReport): string[] {
  const { verdict } = report;
  if (!verdict.speaksOfChecks) return [];
  return [
    `VALIDATION (${report.settings.validate}):`,
    SECTION_RULE,
    ...CHECKS.map((check) => {
      const { result, note } = verdict.checks[check];
      const name = `${check.charAt(0).toUpperCase()}${check.slice(1)}`.padEnd(TABLE_NAME_WIDTH);
      return `${RESULT_MARK[result]} ${name} ${result}${note === null ? '' : ` (${printable(note)})`}`;
    }),
    ...verdict.instantLines.map(printable),
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

/** What a migration would change in a target that is filled already; nothing where that was not looked at. */
function changes({ wouldChange }: MigrationReport): string[] {
  if (wouldChange === null) return [];
  const listed = listChanges(wouldChange);
  if (listed.length === 0) return [NO_CHANGES];
  return [
    'In the target as it is, it would change:',
    ...listed.map(({ table, words }) => `  ${printable(table)}: ${words}`),
  ];
}

/** What the map of artifact locations met when the run began. */
function artifacts(report: MigrationReport): string[] {
  const known = listArtifacts(report);
  return known.length === 0 ? [] : ['ARTIFACT LOCATIONS:', SECTION_RULE, ...facts(known)];
}

/** Documents that were deleted, with the keys that are kept of each table. */
function deleted(report: MigrationReport): string[] {
  const tables = Object.entries(report.deleted).filter(([, { count }]) => count > 0);
  if (tables.length === 0) return [];
  return [
    'DELETED DOCUMENTS (their rows are gone from the source):',
    SECTION_RULE,
    ...tables.flatMap(([name, { count, keys }]) => [
      `🧹 ${printable(name)}: ${formatPlural(count, 'document')}`,
      ...keys.map((key) => `   ${printable(key)}`),
      ...(count > keys.length ? [`   ... and ${formatCount(count - keys.length)} more, not listed`] : []),
    ]),
  ];
}

function performance(report: MigrationReport): string[] {
  const { seconds, verdict } = report;
  const rate = verdict.copiedRecords === null ? null : ratePerSecond(verdict.copiedRecords, seconds.copy);
  const amounts: [string, string][] = [
    ['Rate', rate === null ? '-' : `${formatCount(rate)} records/s while copying`],
    ['Data', formatBytes(report.bytes)],
  ];
  const copying: [string, string][] = [
    ['Copy', formatSeconds(seconds.copy)],
    ['Indexes', formatSeconds(seconds.indexes)],
  ];
  return [
    'PERFORMANCE:',
    SECTION_RULE,
    ...facts([
      ...(report.kind === 'comparison' ? [] : copying),
      ['Validation', formatSeconds(seconds.validate)],
      ['Total time', formatSeconds(seconds.total)],
      ...(report.kind === 'comparison' ? [] : amounts),
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
  // As they are called wherever they lie: the manifest vouches for these bytes, so nothing can be put in later.
  const files = evidenceFiles(report.id);
  return [
    'ENVIRONMENT:',
    SECTION_RULE,
    ...facts([
      [report.verdict.subject, report.id],
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
      ...(settings.exclude?.length ? ([['Left out', settings.exclude.join(', ')]] as const) : []),
      ...(settings.workspace === null ? [] : ([['Workspace', settings.workspace]] as const)),
      ['Report as JSON', files.json],
      ['Report as text', files.text],
      ['Report as HTML', files.html],
      ['Manifest', files.manifest],
    ]),
  ];
}

function facts(pairs: readonly (readonly [name: string, value: string])[]): string[] {
  return pairs.map(([name, value]) => `${`${name}:`.padEnd(UNMARKED_NAME_WIDTH)} ${printable(value)}`);
}

/** Each collection in one number for both sides, or in two. */
function digests(report: MigrationReport): string[] {
  const lines = digestLines(report);
  const origin = digestOrigin(report);
  if (lines.length === 0) return [];
  return [
    'DIGESTS:',
    SECTION_RULE,
    ...(origin === null ? [] : [origin]),
    ...lines.map(({ collection, text }) => `${printable(collection).padEnd(TABLE_NAME_WIDTH)} ${text}`),
  ];
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
  const { good, headline, details } = report.verdict;
  const last = printable(headline.toUpperCase());
  return [...details.map(printable), '', good ? `🎉 ${last}!` : `❌ ${last}`];
}
