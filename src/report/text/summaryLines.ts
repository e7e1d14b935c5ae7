import type { MigrationReport, TableTotals } from '../../contract/migrationReport.ts';
import { formatCount } from '../../formatCount.ts';
import { listNames } from '../../listNames.ts';
import { formatPlural } from '../formatUnits.ts';
import { tableMark } from '../judge.ts';
import { printable } from '../printable.ts';
import { groupTables, type NamedTable } from '../tableGroups.ts';
import { SECTION_RULE, TABLE_NAME_WIDTH, UNMARKED_NAME_WIDTH } from './sections.ts';

/** Columns that figures take in the original layout: total, migrated, errors. */
const FIGURE_WIDTHS = [8, 8, 5] as const;
/** Longer names leave their figures no room on 80 columns: those take what they need then. */
const LONGEST_WITH_WIDE_FIGURES = 24;

/** Of a run that ended before its plan. */
const NO_TABLE = 'No table was counted.';

/**
 * The tables of a migration or comparison: those of the original tool in its layout, which programs read, then the others
 * below each other, then how many are empty.
 */
export function summaryLines(report: MigrationReport): string[] {
  const { core, others, empty } = groupTables(
    report.tables,
    ({ total }) => total,
    (table, name) => !tableMark(name, table, report).good || table.migrated > 0,
  );
  return [
    `${report.verdict.subject.toUpperCase()} SUMMARY:`,
    SECTION_RULE,
    ...(Object.keys(report.tables).length === 0 ? [NO_TABLE] : []),
    ...core.map((table) => tableLine(report, table, TABLE_NAME_WIDTH, FIGURE_WIDTHS)),
    ...otherLines(report, others),
    ...emptyLine(empty),
    SECTION_RULE,
    `${'TOTAL RECORDS:'.padEnd(UNMARKED_NAME_WIDTH)} ${figures(report.totals, FIGURE_WIDTHS)}`,
    ...standing(report),
  ];
}

/** `➖ 61 empty tables: …`; nothing where there are none. */
export function emptyLine(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`➖ ${formatPlural(names.length, 'empty table')}: ${printable(listNames(names.toSorted(), 2))}`];
}

function otherLines(report: MigrationReport, others: readonly NamedTable<TableTotals>[]): string[] {
  const longest = Math.max(TABLE_NAME_WIDTH, ...others.map(([name]) => printable(name).length));
  const widest = (pick: (totals: TableTotals) => number) =>
    Math.max(...others.map(([, totals]) => formatCount(pick(totals)).length));
  const widths =
    longest <= LONGEST_WITH_WIDE_FIGURES
      ? FIGURE_WIDTHS
      : ([widest(({ total }) => total), widest(({ migrated }) => migrated), widest(({ errors }) => errors)] as const);
  return others.map((table) => tableLine(report, table, longest, widths));
}

type Widths = readonly [total: number, migrated: number, errors: number];

function tableLine(
  report: MigrationReport,
  [name, totals]: NamedTable<TableTotals>,
  nameWidth: number,
  widths: Widths,
): string {
  const mark = tableMark(name, totals, report).good ? '✅' : '❌';
  return `${mark} ${printable(name.toUpperCase()).padEnd(nameWidth)} ${figures(totals, widths)}`;
}

function figures({ total, migrated, errors }: MigrationReport['totals'], widths: Widths): string {
  const [ofTotal, ofMigrated, ofErrors] = widths;
  return `Total: ${formatCount(total).padStart(ofTotal)} | Migrated: ${formatCount(migrated).padStart(ofMigrated)} | Errors: ${formatCount(errors).padStart(ofErrors)}`;
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
