import type { BenchResult } from './benchResult.ts';
import { PHASES, type Phase } from './cpuByPhase.ts';
import { type ByProcess, PROCESS_NAMES, type ProcessName } from './processSampler.ts';
import { type Ratio, showFigure, showOutcome, showTarget } from './ratios.ts';

/** A machine counts as quiet where others use less than this share of the CPU that is measured. */
const QUIET_SHARE = 0.05;

/** A result for people: the ratios first, then what they are made of. */
export function describe(result: BenchResult, ratios: readonly Ratio[]): string {
  const { scale, layout, runs, rows, machine } = result;
  const of = runs === 1 ? '1 run' : `median of ${runs} runs`;
  return [
    `Scale ${scale}, layout ${layout}, ${rows.toLocaleString('en')} rows, ${of}; ${machine.cores} cores, ${machine.cpu}`,
    ...(result.note === null ? [] : [`Note: ${result.note}`]),
    '',
    ...ratioLines(ratios),
    '',
    ...aligned([['Seconds', ''], ...secondsOf(result)]),
    '',
    ...cpuOf(result),
    '',
    ...aligned([
      ['Peak memory', 'MB'],
      ...PROCESS_NAMES.map((name) => [name, String(result.peakMemoryMb[name] ?? '–')]),
    ]),
  ].join('\n');
}

function ratioLines(ratios: readonly Ratio[]): string[] {
  const [head = '', ...lines] = aligned([
    ['Ratio', 'Figure', 'Target'],
    ...ratios.map((ratio) => [
      ratio.what.replaceAll('`', ''),
      ratio.value === null ? '–' : showFigure(ratio.value, ratio.unit),
      showTarget(ratio),
    ]),
  ]);
  return [head, ...ratios.map((ratio, index) => `${lines[index]}  ${showOutcome(ratio)}`)];
}

function secondsOf(result: BenchResult): string[][] {
  const { seconds, withoutProof, rerunSeconds, catchUpSeconds, limits, plainLoop } = result;
  const figures: [string, number | null][] = [
    ['plain loop', plainLoop?.seconds ?? null],
    ['the whole command', seconds.command],
    ['  start to report', seconds.total],
    ['  copy', seconds.copy],
    ['  indexes', seconds.indexes],
    ['  validate', seconds.validate],
    ['without proof', withoutProof?.seconds.command ?? null],
    ['  copy', withoutProof?.seconds.copy ?? null],
    ['  indexes', withoutProof?.seconds.indexes ?? null],
    ['the same again', rerunSeconds.command],
    ['  start to report', rerunSeconds.total],
    ['--catch-up', catchUpSeconds.command],
    ['  start to report', catchUpSeconds.total],
    ['COPY to nowhere', limits.copyToNowhere.seconds],
    ['inserts from memory', limits.insertFromMemory.seconds],
  ];
  return figures.map(([name, value]) => [name, value === null ? '–' : value.toFixed(2)]);
}

function cpuOf({ cpuSeconds, foreignCpuSeconds }: BenchResult): string[] {
  if (cpuSeconds === null) return ['CPU seconds by process: not measured, as this system has no /proc'];
  const sum = (of: ByProcess): number => PROCESS_NAMES.reduce((total, name) => total + of[name], 0);
  const whole = (name: ProcessName): number => PHASES.reduce((total, phase) => total + cpuSeconds[phase][name], 0);
  const show = (value: number): string => value.toFixed(1);
  const row = (phase: Phase): string[] => [
    phase,
    ...PROCESS_NAMES.map((name) => show(cpuSeconds[phase][name])),
    show(sum(cpuSeconds[phase])),
  ];
  return [
    ...aligned([
      ['CPU seconds', ...PROCESS_NAMES, 'all'],
      ...PHASES.map(row),
      [
        'whole',
        ...PROCESS_NAMES.map((name) => show(whole(name))),
        show(PHASES.reduce((total, phase) => total + sum(cpuSeconds[phase]), 0)),
      ],
    ]),
    foreignWork(
      foreignCpuSeconds ?? 0,
      PHASES.reduce((total, phase) => total + sum(cpuSeconds[phase]), 0),
    ),
  ];
}

function foreignWork(foreign: number, own: number): string {
  const told = `Everything else on the machine used ${foreign.toFixed(1)} CPU seconds meanwhile`;
  return foreign > QUIET_SHARE * own ? `${told}: ratios of seconds are not to be trusted` : told;
}

/** Columns as wide as their widest cell: names to the left, figures to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}
