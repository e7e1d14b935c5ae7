import type { BenchResult } from './benchResult.ts';
import { type Ratio, ratiosOf, showFigure } from './ratios.ts';
import { text } from './svgText.ts';

/** Results of both layouts. */
export interface Results {
  readonly tables: BenchResult;
  readonly mlflow: BenchResult;
}

interface Bar {
  readonly label: string;
  readonly value: number;
  /** Null where nothing is to be reached. */
  readonly target: number | null;
}

const WIDTH = 760;
const BARS_AT = 270;
const BARS_WIDTH = 400;
const BAR_HEIGHT = 18;
const ROW_HEIGHT = 28;
const INK = '#1b1b1b';
const SOFT_INK = '#44546a';
/** What a figure takes; a shorter bar has it beside. */
const FIGURE_WIDTH = 60;
const COLOURS = ['#7d8ca1', '#3b5b8c'] as const;

/** One picture of how fast the program is: against the loop that proves nothing, and against what the target takes. */
export function renderSpeedChart(results: Results): string {
  const { tables, mlflow } = results;
  const loop: Bar[] = [
    { label: 'plain loop, nothing proven', value: 1, target: null },
    bar(tables, 'copyAgainstLoop', 'tables: copy + indexes'),
    bar(tables, 'wholeAgainstLoop', 'tables: whole command, full proof'),
    bar(mlflow, 'copyAgainstLoop', 'mlflow: copy + indexes'),
    bar(mlflow, 'wholeAgainstLoop', 'mlflow: whole command, full proof'),
  ];
  const limit: Bar[] = [
    { label: 'mongod, documents from memory', value: 1, target: null },
    bar(tables, 'copyAgainstLimit', 'tables: copy'),
    bar(mlflow, 'copyAgainstLimit', 'mlflow: copy'),
  ];
  const lines: string[] = [];
  let y = 28;
  for (const [title, bars] of [
    ['Times as fast as a plain Python loop', loop],
    ['Times as fast as mongod takes documents', limit],
  ] as const) {
    lines.push(text(12, y, title, { weight: 600 }));
    y += 14;
    const most = Math.max(...bars.flatMap(({ value, target }) => [value, target ?? 0]));
    for (const each of bars) {
      lines.push(...barLines(each, y, BARS_WIDTH / most));
      y += ROW_HEIGHT;
    }
    y += 22;
  }
  lines.push(text(12, y, caption(tables), { size: 12, fill: SOFT_INK }));
  const description = [...loop, ...limit].map(({ label, value }) => `${label}: ${showFigure(value, '×')}`).join('; ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 16}" font-family="Segoe UI, Helvetica, Arial, sans-serif" font-size="14" fill="${INK}" role="img" aria-labelledby="title description">`,
    '<title id="title">How fast mlflow-migrate is</title>',
    `<desc id="description">${description}</desc>`,
    `<rect width="${WIDTH}" height="${y + 16}" fill="#ffffff"/>`,
    ...lines,
    '</svg>\n',
  ].join('\n');
}

/** The ratio of a result by its key. Throws where the result has none, as a chart with a hole would say nothing. */
function ratioOf(result: BenchResult, key: string): Ratio & { readonly value: number } {
  const ratio = ratiosOf(result, null).find((each) => each.key === key);
  const value = ratio?.value ?? null;
  if (ratio === undefined || value === null) throw new Error(`The result of ${result.date} has no ${key}`);
  return { ...ratio, value };
}

/** Where and when a result was measured. */
export function caption({ scale, rows, runs, machine, date }: BenchResult): string {
  const of = runs === 1 ? 'one run' : `median of ${runs} runs`;
  return `${rows.toLocaleString('en')} rows (scale ${scale}), ${of}, ${machine.cores} cores (${machine.cpu}) for everything, ${date.slice(0, 10)}.`;
}

function bar(result: BenchResult, key: string, label: string): Bar {
  const { value, target } = ratioOf(result, key);
  return { label, value, target: target.value };
}

function barLines({ label, value, target }: Bar, y: number, unit: number): string[] {
  const middle = y + BAR_HEIGHT - 4;
  const width = value * unit;
  const figure = showFigure(value, '×');
  const lines = [
    text(BARS_AT - 10, middle, label, { anchor: 'end' }),
    `<rect x="${BARS_AT}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2" fill="${COLOURS[target === null ? 0 : 1]}"/>`,
    width < FIGURE_WIDTH
      ? text(BARS_AT + width + 6, middle, figure, {})
      : text(BARS_AT + 8, middle, figure, { fill: '#ffffff', weight: 600 }),
  ];
  if (target === null) return lines;
  const at = BARS_AT + target * unit;
  lines.push(
    `<line x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${y - 3}" y2="${y + BAR_HEIGHT + 3}" stroke="${INK}" stroke-width="1.5"/>`,
    text(Math.max(at, BARS_AT + width) + 6, middle, `target ${target} ×`, { size: 12, fill: SOFT_INK }),
  );
  return lines;
}
