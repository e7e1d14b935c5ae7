import type { BackReport, BackTable } from '../contract/backReport.ts';
import { formatCount } from '../formatCount.ts';
import { formatInstant, formatPlural } from './formatUnits.ts';
import { printable } from './printable.ts';

const RULE = '='.repeat(60);
const NAME_WIDTH = 30;
const COUNT_WIDTH = 9;
/** Documents that are named for each reason; the JSON report names more. */
const MAX_NAMED = 20;

/** The report of a way back as text. Ends in a line break. */
export function renderBackText(report: BackReport): string {
  const sections = [head(report), plan(report), experiments(report), faults(report), notes(report), closing(report)];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function head({ startedAt, from, to, into, dryRun }: BackReport): string[] {
  const where = { source: ' (the source)', empty: ' (an empty database)' };
  return [
    RULE,
    'MLFLOW MONGODB TO POSTGRESQL: THE WAY BACK',
    RULE,
    `Date: ${formatInstant(startedAt)}`,
    `From: ${printable(from ?? 'unknown')}`,
    `To: ${printable(to ?? 'unknown')}${into === null ? '' : where[into]}`,
    `Dry Run: ${dryRun ? 'True' : 'False'}`,
  ];
}

function plan({ tables, totals, isWritten }: BackReport): string[] {
  const touched = Object.entries(tables).filter(([, table]) => changesOf(table) > 0);
  if (totals.documents === 0 && touched.length === 0) return [];
  const title = isWritten ? 'WRITTEN:' : 'TO BE WRITTEN:';
  const rest = Object.keys(tables).length - touched.length;
  return [
    title,
    row('', 'insert', 'change', 'delete', 'equal'),
    ...touched.map(([name, table]) => tableRow(printable(name), table)),
    ...(rest === 0 ? [] : [`${formatPlural(rest, 'table')} without a change`]),
    tableRow('all', totals),
  ];
}

function changesOf({ inserted, changed, deleted }: BackTable): number {
  return inserted + changed + deleted;
}

function tableRow(name: string, { inserted, changed, deleted, equal }: BackTable): string {
  return row(name, ...[inserted, changed, deleted, equal].map(formatCount));
}

function row(name: string, ...cells: readonly string[]): string {
  return `${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(COUNT_WIDTH)).join('')}`;
}

/** Experiments that MLflow knows by another number from then on. */
function experiments({ experiments: { count, listed } }: BackReport): string[] {
  if (count === 0) return [];
  const shown = listed.slice(0, MAX_NAMED);
  const left = count - shown.length;
  return [
    'EXPERIMENTS WITH ANOTHER ID IN POSTGRESQL:',
    ...shown.map(({ name, id, number }) => `  ${printable(name)}: ${printable(id)} → ${number}`),
    ...(left > 0 ? [`  and ${formatCount(left)} more`] : []),
  ];
}

function faults({ faultCounts, faults: listed }: BackReport): string[] {
  if (faultCounts.length === 0) return [];
  const lines = faultCounts.flatMap(({ table, field, reason, documents }) => {
    const of = listed.filter((fault) => fault.table === table && fault.field === field && fault.reason === reason);
    const keys = of.slice(0, MAX_NAMED).map(({ key }) => `    ${printable(key)}`);
    const left = documents - keys.length;
    return [
      `  ${printable(table)}${field === '' ? '' : `.${printable(field)}`}: ${reason} (${formatPlural(documents, 'document')})`,
      ...keys,
      ...(left > 0 ? [`    and ${formatCount(left)} more`] : []),
    ];
  });
  return ['CANNOT BE BROUGHT BACK:', ...lines];
}

function notes(report: BackReport): string[] {
  return report.notes.length === 0 ? [] : ['NOTES:', ...report.notes.map((note) => `  ${note}`)];
}

function closing({ status, isWritten, dryRun, totals, provenAt, problems }: BackReport): string[] {
  if (status !== 'completed')
    return ['❌ Nothing was written', ...problems.flatMap(({ message, hint }) => [message, hint])];
  const proven = `all ${formatCount(totals.documents)} documents equal to their rows at ${formatInstant(provenAt ?? '')}`;
  if (changesOf(totals) === 0) return [`✅ Nothing is left to bring back: ${proven}`];
  if (isWritten) return [`✅ Brought back: ${proven}, in the transaction that wrote them`];
  return [
    dryRun
      ? `✅ Can be brought back: tried in a transaction that was undone, ${proven} in it`
      : '❌ Nothing was written',
  ];
}
