import { text } from '../svgText.ts';
import { showRows, showTime } from './figures.ts';
import type { ScenarioRun } from './scenarios.ts';
import type { Simulated } from './simulated.ts';

const WIDTH = 760;
const HEIGHT = 440;
const PLOT = { left: 70, top: 50, right: 500, bottom: 380 };
const INK = '#1b1b1b';
const SOFT_INK = '#44546a';
const GRID = '#d9dee6';
const COLOURS = ['#3b5b8c', '#b3541e', '#2f7d4f', '#a23b72', '#7a6a1f', '#5b4b9a', '#3f8796'];
const TIMES = [60, 3_600, 86_400, 30 * 86_400, 365 * 86_400];

/** Time against rows, both in powers of ten: a line for each target. */
export function renderSimulationChart({ runs, calibratedBy }: Simulated): string {
  const names = [...new Set(runs.map(({ series }) => series))];
  const rows = runs.map(({ run }) => run.rows);
  const seconds = runs.map(({ run }) => run.seconds.total);
  const x = scale(Math.min(...rows), Math.max(...rows), PLOT.left + 20, PLOT.right - 20);
  const y = scale(Math.min(...seconds) / 2, Math.max(...seconds) * 2, PLOT.bottom, PLOT.top);
  const lines: string[] = [text(12, 24, 'Simulated time of a migration with full proof', { weight: 600 })];
  for (const power of [...new Set(rows.map((count) => Math.round(Math.log10(count))))]) {
    const at = x(10 ** power);
    lines.push(line(at, PLOT.top, at, PLOT.bottom, GRID));
    lines.push(text(at, PLOT.bottom + 20, showRows(10 ** power), { anchor: 'middle', fill: SOFT_INK }));
  }
  lines.push(text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 40, 'rows', { anchor: 'middle', fill: SOFT_INK }));
  for (const time of TIMES.filter((each) => y(each) >= PLOT.top && y(each) <= PLOT.bottom)) {
    lines.push(line(PLOT.left, y(time), PLOT.right, y(time), GRID));
    lines.push(text(PLOT.left - 8, y(time) + 4, timeMark(time), { anchor: 'end', fill: SOFT_INK }));
  }
  for (const [index, name] of names.entries()) {
    const own = runs.filter(({ series }) => series === name).toSorted((a, b) => a.run.rows - b.run.rows);
    lines.push(...seriesLines(name, own, COLOURS[index % COLOURS.length] as string, x, y));
    const legendY = PLOT.top + 14 + index * 24;
    lines.push(
      line(PLOT.right + 14, legendY - 4, PLOT.right + 34, legendY - 4, COLOURS[index % COLOURS.length] as string, 3),
    );
    lines.push(text(PLOT.right + 40, legendY, name, { size: 12 }));
  }
  lines.push(
    text(12, HEIGHT - 8, `A model, not a measurement; calibrated by ${calibratedBy}.`, { size: 12, fill: SOFT_INK }),
  );
  const told = runs.map(({ series, run }) => `${series}, ${showRows(run.rows)} rows: ${showTime(run.seconds.total)}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="Segoe UI, Helvetica, Arial, sans-serif" font-size="14" fill="${INK}" role="img" aria-labelledby="title description">`,
    '<title id="title">Simulated time of a migration by its size</title>',
    `<desc id="description">${told.join('; ')}</desc>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    ...lines,
    '</svg>\n',
  ].join('\n');
}

function seriesLines(
  name: string,
  runs: readonly ScenarioRun[],
  colour: string,
  x: (rows: number) => number,
  y: (seconds: number) => number,
): string[] {
  const points = runs.map(({ run }) => [x(run.rows), y(run.seconds.total)] as const);
  const path = points.map(([left, top]) => `${left.toFixed(1)},${top.toFixed(1)}`).join(' ');
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2.5"><title>${name}</title></polyline>`,
    ...points.map(([left, top]) => `<circle cx="${left.toFixed(1)}" cy="${top.toFixed(1)}" r="4" fill="${colour}"/>`),
  ];
}

/** A position for a value, by its logarithm. */
function scale(least: number, most: number, from: number, to: number): (value: number) => number {
  const span = Math.log10(most / least) || 1;
  return (value) => from + (Math.log10(value / least) / span) * (to - from);
}

function timeMark(seconds: number): string {
  const marks: Readonly<Record<number, string>> = { 60: '1 min', 3600: '1 h', 86400: '1 day', 2592000: '30 days' };
  return marks[seconds] ?? '1 year';
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string, width = 1): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((each) => each.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${colour}" stroke-width="${width}"/>`;
}
