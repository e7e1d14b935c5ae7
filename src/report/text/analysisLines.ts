import type { Analysis, RequestUnitEstimate } from '../../contract/migrationReport.ts';
import { formatCount } from '../../formatCount.ts';
import { formatBytes, formatSeconds } from '../formatUnits.ts';
import { printable } from '../printable.ts';
import { groupTables, type NamedTable } from '../tableGroups.ts';
import { emptyLine } from './summaryLines.ts';

type TableAnalysis = Analysis['tables'][string];

/** `  runs:  6,013 records  1.1 MB` for every table that is not empty, `Total records to migrate: 170,817`, and the estimates. */
export function analysisLines(analysis: Analysis): string[] {
  const { core, others, empty } = groupTables(analysis.tables, ({ rows }) => rows);
  return [
    ...sizeLines([...core, ...others]),
    ...emptyLine(empty),
    `Total records to migrate: ${formatCount(analysis.totalRows)}`,
    `Total size: ${formatBytes(analysis.totalBytes)}`,
    ...collectionLines(Object.entries(analysis.tables)),
    `Estimated time: ${formatSeconds(analysis.estimatedSeconds)}`,
    ...(analysis.requestUnits ? requestUnitLines(analysis.requestUnits) : []),
  ];
}

function sizeLines(tables: readonly NamedTable<TableAnalysis>[]): string[] {
  const lines = tables.map(
    ([name, { rows, bytes, there }]) =>
      [
        `${printable(name)}:`,
        `${formatCount(rows)}${there === undefined ? '' : ` of ${formatCount(there)}`}`,
        formatBytes(bytes),
      ] as const,
  );
  const [name, rows, bytes] = ([0, 1, 2] as const).map((column) =>
    Math.max(0, ...lines.map((line) => line[column].length)),
  );
  return lines.map(
    (line) => `  ${line[0].padEnd(name ?? 0)} ${line[1].padStart(rows ?? 0)} records  ${line[2].padStart(bytes ?? 0)}`,
  );
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

function collectionLines(tables: readonly NamedTable<TableAnalysis>[]): string[] {
  const renamed = tables.filter(([name, { collection }]) => collection !== name);
  if (renamed.length === 0) return [];
  return [
    'Tables that become part of another collection:',
    ...renamed.map(([name, { collection }]) => `  ${printable(name)} -> ${printable(collection)}`),
  ];
}
