import { CHECKS } from '../contract/facts.ts';
import type { MigrationReport } from '../contract/migrationReport.ts';
import { evidenceFiles } from '../contract/reportFiles.ts';
import type { CheckResult } from '../contract/verdict.ts';
import { formatCount } from '../formatCount.ts';
import { type DigestLine, digestLines, digestOrigin } from './digestLines.ts';
import { UNDO_FENCE } from './fenceSql.ts';
import { formatBytes, formatEnd, formatInstant, formatPlural, formatSeconds, ratePerSecond } from './formatUnits.ts';
import { isCounted } from './isCounted.ts';
import { listArtifacts } from './listArtifacts.ts';
import { listChanges, NO_CHANGES } from './listChanges.ts';
import { totalTime, validationTime } from './phaseTimes.ts';
import { printable } from './printable.ts';
import { analysisLines } from './text/analysisLines.ts';
import { findingsLines } from './text/findingsLines.ts';
import { nextLines } from './text/nextLines.ts';
import { factLines, SECTION_RULE, TABLE_NAME_WIDTH } from './text/sections.ts';
import { summaryLines } from './text/summaryLines.ts';

/** Of a dry run that ended before its plan. */
const NOTHING_COUNTED = 'Nothing was written, and nothing was counted.';
const TITLE_RULE = '='.repeat(60);
const RESULT_MARK: Readonly<Record<CheckResult, string>> = {
  ok: '✅',
  failed: '❌',
  skipped: '➖',
  incomplete: '❔',
};

/**
 * The report in the layout of the original tool, with what that one did not know in sections of their own below.
 * Programs read these lines: widths and words of title, head and summary stay. Ends in a line break.
 */
export function renderText(report: MigrationReport): string {
  const sections = [
    head(report),
    report.kind === 'analysis' ? dryRunSummary(report) : summaryLines(report),
    validation(report),
    findingsLines(report),
    artifacts(report),
    deleted(report),
    digests(report),
    report.kind === 'analysis' ? [] : performance(report),
    environment(report),
    problems(report),
    nextLines(report),
    following(report),
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

function dryRunSummary(report: MigrationReport): string[] {
  const head = ['MIGRATION SUMMARY:', SECTION_RULE];
  if (!isCounted(report.analysis)) return [...head, NOTHING_COUNTED];
  return [
    ...head,
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
  return known.length === 0 ? [] : ['ARTIFACT LOCATIONS:', SECTION_RULE, ...factLines(known)];
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
    ...factLines([
      ...(report.kind === 'comparison' ? [] : copying),
      ['Validation', validationTime(seconds)],
      ['Total time', totalTime(seconds)],
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
    ...factLines([
      [report.verdict.subject, report.id],
      ['Started', formatInstant(report.startedAt)],
      ['Finished', formatEnd(report.finishedAt)],
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
      ...(settings.experiments == null ? [] : ([['Experiments', settings.experiments.join(', ')]] as const)),
      ['Report as JSON', files.json],
      ['Report as text', files.text],
      ['Manifest', files.manifest],
    ]),
  ];
}

/** Each collection in one number for both sides, or in two. */
function digests(report: MigrationReport): string[] {
  const lines = digestLines(report);
  const origin = digestOrigin(report);
  if (lines.length === 0) return [];
  const width = digestNameWidth(lines);
  return [
    'DIGESTS:',
    SECTION_RULE,
    ...(origin === null ? [] : [origin]),
    ...lines.map(({ collection, text }) => `${printable(collection).padEnd(width)} ${text}`),
  ];
}

/** As wide as the longest name that leaves every digest its room on 80 columns: longer ones shift their own line. */
function digestNameWidth(lines: readonly DigestLine[]): number {
  const room = 80 - ' '.length;
  // Two digests that differ, or why one is not known, need more than a line whatever the names are.
  const texts = lines.map(({ text }) => text.length).filter((length) => length <= room - TABLE_NAME_WIDTH);
  const longest = room - Math.max(0, ...texts);
  const names = lines.map(({ collection }) => printable(collection).length).filter((length) => length <= longest);
  return Math.max(TABLE_NAME_WIDTH, ...names);
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

/** What to do after a cut-over. */
function following({ afterCutover }: MigrationReport): string[] {
  if (afterCutover === undefined) return [];
  const { reader, undo } = afterCutover;
  return [
    'AFTER THE CUT-OVER:',
    SECTION_RULE,
    ...reader.map((line) => `  ${printable(line)}`),
    UNDO_FENCE,
    ...undo.map((line) => `  ${printable(line)}`),
  ];
}

/** Where to read on, and how it ended: the last lines, which a tail of the log shows. */
function closing(report: MigrationReport): string[] {
  const { good, headline, details } = report.verdict;
  const last = printable(headline.toUpperCase());
  return [
    ...details.map(printable),
    '',
    `Report as HTML: ${evidenceFiles(report.id).html}`,
    good ? `🎉 ${last}!` : `❌ ${last}`,
  ];
}
