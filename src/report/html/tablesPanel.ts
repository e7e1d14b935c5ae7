import type { MigrationReport, TableTotals } from '../../contract/migrationReport.ts';
import { formatCount } from '../../formatCount.ts';
import { formatBytes } from '../formatUnits.ts';
import { type TableMark, tableMark } from '../judge.ts';
import { html, type SafeHtml } from './html.ts';
import { icon } from './icon.ts';

interface TableRow {
  readonly name: string;
  /** Null in a dry run, which judges no table. */
  readonly mark: TableMark | null;
  readonly totals: TableTotals;
  readonly collection: string;
  readonly bytes: number | null;
}

interface Column {
  readonly name: string;
  readonly kind: string;
  readonly cell: (row: TableRow) => string;
  readonly sum: string;
  /** False where the column would say the same in every line. */
  readonly telling: boolean;
}

/** Every table with its counts: those with faults first, then the largest; empty ones as a list below. Nothing where no table is known. */
export function tablesPanel(report: MigrationReport): SafeHtml | null {
  const rows = report.kind === 'analysis' ? analysedTables(report) : migratedTables(report);
  if (rows.length === 0) return null;
  const filled = rows.filter((row) => row.totals.total > 0 || isFaulty(row));
  const empty = rows
    .filter((row) => !filled.includes(row))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  filled.sort(
    (left, right) =>
      Number(isFaulty(right)) - Number(isFaulty(left)) ||
      right.totals.total - left.totals.total ||
      (left.name < right.name ? -1 : 1),
  );
  return html`<section class="panel" aria-labelledby="tables"><h2 id="tables">All tables</h2>
<p class="soft">${rows.length} tables, ${empty.length} of them empty in the source.</p>
${filled.length === 0 ? null : filledTables(filled, report)}
${empty.length === 0 ? null : emptyTables(empty)}</section>`;
}

function migratedTables(report: MigrationReport): TableRow[] {
  return Object.entries(report.tables).map(([name, totals]) => {
    const analysed = Object.hasOwn(report.analysis.tables, name) ? report.analysis.tables[name] : undefined;
    return {
      name,
      mark: tableMark(name, totals, report),
      totals,
      collection: analysed?.collection ?? name,
      bytes: analysed?.bytes ?? null,
    };
  });
}

function analysedTables(report: MigrationReport): TableRow[] {
  return Object.entries(report.analysis.tables).map(([name, { rows, bytes, collection }]) => ({
    name,
    mark: null,
    totals: { total: rows, migrated: 0, unchanged: 0, errors: 0, repaired: 0 },
    collection,
    bytes,
  }));
}

function isFaulty({ mark }: TableRow): boolean {
  return mark !== null && !mark.good;
}

function columns(rows: readonly TableRow[], report: MigrationReport): Column[] {
  const sum = (count: (row: TableRow) => number) => rows.reduce((total, row) => total + count(row), 0);
  const counted = (name: string, kind: string, count: (row: TableRow) => number, telling: boolean): Column => ({
    name,
    kind: `number ${kind}`,
    cell: (row) => formatCount(count(row)),
    sum: formatCount(sum(count)),
    telling,
  });
  const bytes = (row: TableRow) => row.bytes ?? 0;
  const unchanged = ({ totals }: TableRow) => totals.unchanged;
  const repaired = ({ totals }: TableRow) => totals.repaired;
  const isDryRun = report.kind === 'analysis';
  const names = report.verdict.columns;
  const all: readonly Column[] = [
    counted(isDryRun ? 'Records' : 'Total', 'total', ({ totals }) => totals.total, true),
    counted(names.migrated, 'migrated', ({ totals }) => totals.migrated, !isDryRun),
    counted(names.errors, 'errors', ({ totals }) => totals.errors, !isDryRun),
    counted('Unchanged', 'unchanged', unchanged, sum(unchanged) > 0),
    counted('Repaired', 'repaired', repaired, sum(repaired) > 0),
    {
      name: 'Size',
      kind: 'number size',
      cell: (row) => (row.bytes === null ? '' : formatBytes(row.bytes)),
      sum: formatBytes(sum(bytes)),
      telling: sum(bytes) > 0,
    },
    {
      name: 'Collection',
      kind: 'mono',
      cell: (row) => row.collection,
      sum: '',
      telling: rows.some((row) => row.collection !== row.name),
    },
  ];
  return all.filter((column) => column.telling);
}

function filledTables(rows: readonly TableRow[], report: MigrationReport): SafeHtml {
  const shown = columns(rows, report);
  const body = rows.map((row) => {
    const faulty = isFaulty(row);
    const mark =
      row.mark && html`${icon(row.mark.good ? 'ok' : 'failed')}<span class="unseen">${row.mark.words}: </span>`;
    const cells = shown.map((column) => {
      const text = column.cell(row);
      return html`<td role="cell" data-label="${column.name}" class="${column.kind}${text === '0' ? ' zero' : ''}">${text}</td>`;
    });
    return html`<tr role="row"${faulty ? html` class="faulty"` : null}><th role="rowheader" scope="row"><span class="named">${mark}<span class="mono">${row.name}</span></span></th>${cells}</tr>
`;
  });
  return html`<div class="scroll" role="region" aria-label="Counts of all tables that hold rows" tabindex="0"><table class="data rows" role="table">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Table</th>${shown.map((column) => html`<th role="columnheader" scope="col" class="${column.kind}">${column.name}</th>`)}</tr></thead>
<tbody role="rowgroup">${body}</tbody>
<tfoot role="rowgroup"><tr role="row"><th role="rowheader" scope="row">All tables</th>${shown.map((column) => html`<td role="cell" data-label="${column.name}" class="${column.kind}">${column.sum}</td>`)}</tr></tfoot></table></div>`;
}

function emptyTables(rows: readonly TableRow[]): SafeHtml {
  return html`<h3 class="soft">Empty in the source</h3><ul class="empties">${rows.map((row) => html`<li class="mono">${row.name}</li>`)}</ul>`;
}
