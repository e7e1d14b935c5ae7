import type { BenchResult } from './benchResult.ts';
import { PHASES } from './cpuByPhase.ts';
import { PROCESS_NAMES } from './processSampler.ts';
import { type Ratio, ratiosOf, showFigure, showTarget } from './ratios.ts';
import type { KeptResult } from './resultFiles.ts';
import { caption } from './speedChart.ts';

/** The latest results of both layouts. */
export interface KeptResults {
  readonly tables: KeptResult;
  readonly mlflow: KeptResult;
}

const BEGIN = '<!-- npm run bench:publish writes from here -->';
const END = '<!-- to here -->';

/** The page with the figures of these results between its two marks. Throws where it has none. */
export function withFigures(page: string, kept: KeptResults): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error('The page has no marks for the figures');
  return `${page.slice(0, from)}${BEGIN}\n\n${figureTables(kept)}\n\n${page.slice(to)}`;
}

function figureTables({ tables, mlflow }: KeptResults): string {
  return [
    source(tables),
    source(mlflow),
    '',
    ...ratioTable(tables.result, mlflow.result),
    '',
    'Seconds, and CPU seconds by process, layout `tables`:',
    '',
    ...cpuTable(tables.result),
    '',
    'The same, layout `mlflow`:',
    '',
    ...cpuTable(mlflow.result),
  ].join('\n');
}

function source({ file, result }: KeptResult): string {
  const { scale, layout, runs, note, foreignCpuSeconds } = result;
  const foreign =
    foreignCpuSeconds === null ? '' : ` Other work took ${foreignCpuSeconds.toFixed(1)} CPU seconds meanwhile.`;
  const noted = note === null ? '' : ` Note: ${note}.`;
  return `- Layout \`${layout}\`: \`npm run bench -- --scale ${scale} --layout ${layout} --runs ${runs}\`, [${file}](../bench/results/${file}): ${caption(result)}${foreign}${noted}`;
}

function ratioTable(tables: BenchResult, mlflow: BenchResult): string[] {
  const [ofTables, ofMlflow] = [ratiosOf(tables, null), ratiosOf(mlflow, null)];
  const rows = ofTables.flatMap((ratio, index) => {
    const other = ofMlflow[index];
    if (other === undefined || (ratio.value === null && other.value === null)) return [];
    const targets = [...new Set([showTarget(ratio), showTarget(other)])].join(', ');
    return [[ratio.what, targets, shown(ratio), shown(other)]];
  });
  return table(['What', 'Target', '`tables`', '`mlflow`'], rows);
}

function shown({ value, unit }: Ratio): string {
  return value === null ? '–' : showFigure(value, unit);
}

function cpuTable({ seconds, cpuSeconds }: BenchResult): string[] {
  if (cpuSeconds === null) return ['Not measured.'];
  const phaseSeconds = {
    before: '',
    copy: seconds.copy,
    indexes: seconds.indexes,
    validate: seconds.validate,
    after: '',
  };
  const show = (value: number | string): string => (typeof value === 'number' ? value.toFixed(1) : value);
  const whole = PROCESS_NAMES.map((name) => PHASES.reduce((sum, phase) => sum + cpuSeconds[phase][name], 0));
  return table(
    ['Phase', 'Seconds', ...PROCESS_NAMES],
    [
      ...PHASES.map((phase) => [
        phase,
        show(phaseSeconds[phase]),
        ...PROCESS_NAMES.map((name) => show(cpuSeconds[phase][name])),
      ]),
      ['whole command', show(seconds.command), ...whole.map(show)],
    ],
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_cell, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)];
}
