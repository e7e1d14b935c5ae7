import type { Analysis, RequestUnitEstimate } from '../contract/migrationReport.ts';
import { formatCount } from '../formatCount.ts';
import { formatBytes, formatSeconds } from './formatUnits.ts';
import { printable } from './printable.ts';

/** Tables named with their size; the others are in the total. */
const LARGEST_LISTED = 5;

/** What the command prints before it copies, and all that it prints of a dry run: the original tool's analysis with sizes and estimates. Ends in a line break. */
export function renderAnalysis(analysis: Analysis): string {
  return `${['Analyzing source data in PostgreSQL...', ...analysisLines(analysis)].join('\n')}\n`;
}

/** `  runs: 6,013 records` for every table, `Total records to migrate: 170,817`, and the estimates. */
export function analysisLines(analysis: Analysis): string[] {
  const tables = Object.entries(analysis.tables);
  return [
    ...tables.map(
      ([name, { rows, there }]) =>
        `  ${printable(name)}: ${formatCount(rows)}${there === undefined ? '' : ` of ${formatCount(there)}`} records`,
    ),
    `Total records to migrate: ${formatCount(analysis.totalRows)}`,
    ...collectionLines(tables),
    `Total size: ${formatBytes(analysis.totalBytes)}${largest(tables)}`,
    `Estimated time: ${formatSeconds(analysis.estimatedSeconds)}`,
    ...(analysis.requestUnits ? requestUnitLines(analysis.requestUnits) : []),
  ];
}

/** Request units in all, at what throughput, for how long, and the sentence that says what that means. */
function requestUnitLines(units: RequestUnitEstimate): string[] {
  const throughput =
    units.provisioned === null
      ? 'no shared throughput, or the account does not say'
      : `${formatCount(units.provisioned)} RU/s now`;
  const duration = units.seconds === null ? '' : `, ${formatSeconds(units.seconds)} at that throughput`;
  return [`Request units: ${formatCount(units.total)} RU (${throughput}${duration})`, `  ${printable(units.meaning)}`];
}

type TableAnalysis = readonly [name: string, table: Analysis['tables'][string]];

function collectionLines(tables: readonly TableAnalysis[]): string[] {
  const renamed = tables.filter(([name, { collection }]) => collection !== name);
  if (renamed.length === 0) return [];
  return [
    'Tables that become part of another collection:',
    ...renamed.map(([name, { collection }]) => `  ${printable(name)} -> ${printable(collection)}`),
  ];
}

function largest(tables: readonly TableAnalysis[]): string {
  const listed = tables
    .filter(([, { bytes }]) => bytes > 0)
    .toSorted(([, left], [, right]) => right.bytes - left.bytes)
    .slice(0, LARGEST_LISTED)
    .map(([name, { bytes }]) => `${printable(name)} ${formatBytes(bytes)}`);
  return listed.length === 0 ? '' : ` (largest: ${listed.join(', ')})`;
}
