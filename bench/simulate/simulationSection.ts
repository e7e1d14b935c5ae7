import { errorOf, type ModelCheck } from './checkModel.ts';
import { isOverTimeout, showRows, showShare, showTime } from './figures.ts';
import type { ScenarioRun } from './scenarios.ts';
import type { Simulated } from './simulated.ts';

const BEGIN = '<!-- npm run bench:simulate writes from here -->';
const END = '<!-- end of what npm run bench:simulate writes -->';

/** The page with the simulation's figures between their marks. Throws where it has none. */
export function withSimulation(page: string, simulated: Simulated): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error('The page has no marks for the simulation');
  return `${page.slice(0, from)}${BEGIN}\n\n${simulationSection(simulated)}\n\n${page.slice(to)}`;
}

function simulationSection({ calibratedBy, checks, runs }: Simulated): string {
  return [
    `Calibrated by [${calibratedBy}](../bench/results/${calibratedBy}). Held against ${checks.length === 1 ? 'another real run' : 'other real runs'}:`,
    '',
    ...table(
      ['Real run', 'Rows', 'CPU s of other work', 'What', 'Measured', 'Simulated', 'Error'],
      checks.flatMap(checkRows),
      3,
    ),
    '',
    ...table(
      [
        'Target',
        'Rows',
        '`parallel`',
        'Time',
        'Copy',
        'RU',
        'RU cost, $',
        'Refused',
        'Partitions',
        'Instances',
        'Instance hours',
        'Storage operations',
      ],
      runs.map(timeRow),
      1,
    ),
    '',
    ...table(
      [
        'Target',
        'Rows',
        'Units',
        'Plan, MB',
        'Generations',
        'History of `migrate`',
        'History of a lane',
        'Longest step over whole collections',
      ],
      runs.map(sizeRow),
      1,
    ),
  ].join('\n');
}

function checkRows({ file, rows, foreignCpuSeconds, figures }: ModelCheck): string[][] {
  return figures.map((figure, index) => [
    index === 0 ? `[${file}](../bench/results/${file})` : '',
    index === 0 ? rows.toLocaleString('en') : '',
    index === 0 ? (foreignCpuSeconds?.toFixed(1) ?? '–') : '',
    figure.what,
    figure.measured.toFixed(1),
    figure.simulated.toFixed(1),
    showShare(errorOf(figure), true),
  ]);
}

function timeRow({ series, parallel, run }: ScenarioRun): string[] {
  const isCharged = run.dollars !== null;
  return [
    series,
    showRows(run.rows),
    parallel === null ? 'default' : String(parallel),
    showTime(run.seconds.total),
    showTime(run.seconds.copy),
    isCharged ? run.requestUnits.toExponential(1).replace('e+', ' × 10^') : '–',
    isCharged ? (run.dollars ?? 0).toLocaleString('en', { maximumFractionDigits: 2 }) : '–',
    isCharged ? showShare(run.refusedShare) : '–',
    run.partitions === null ? '–' : String(run.partitions),
    String(run.instances),
    run.instanceHours.toFixed(1),
    run.storageTransactions.toLocaleString('en'),
  ];
}

function sizeRow({ series, run }: ScenarioRun): string[] {
  const history = (name: string): string => {
    const size = run.history[name];
    return size === undefined ? '–' : `${size.events} events, ${Math.round(size.bytes / 1_000)} KB`;
  };
  const { name, seconds } = run.longestStep;
  return [
    series,
    showRows(run.rows),
    run.units.toLocaleString('en'),
    (run.planBytes / 1e6).toFixed(2),
    String(run.generations),
    history('migrate'),
    history('runLane'),
    `\`${name}\` ${showTime(seconds)}${isOverTimeout(seconds) ? ', **over `functionTimeout`**' : ''}`,
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[], textColumns: number): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const isText = (column: number) => column < textColumns || head[column] === 'What';
  return [line(head), line(head.map((_cell, column) => (isText(column) ? '---' : '---:'))), ...rows.map(line)];
}
