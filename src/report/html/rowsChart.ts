import { formatCount } from '../../formatCount.ts';
import { html, type SafeHtml } from './html.ts';

/** One bar: rows in the source and, where a migration ran, rows in the target. */
export interface ChartRow {
  readonly name: string;
  readonly total: number;
  readonly migrated: number | null;
  readonly faulty: boolean;
}

/** Bars drawn at most; the table below the chart holds all. */
const MOST_BARS = 20;
/** Ticks drawn at most: on 300 pixels more would run into each other. */
const MOST_TICKS = 5;
/** From this ratio between the largest and the smallest bar on, small ones would vanish on a linear scale. */
const SKEW_FOR_LOGARITHM = 100;

/** A scale from 0 to the largest value, as per cent of the width. */
interface Scale {
  readonly meaning: string;
  readonly percent: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Horizontal bars, largest first; `share` says what the filled part of a bar stands for. The list is readable without seeing it: each entry is a name and its counts. */
export function rowsChart(rows: readonly ChartRow[], share: string): SafeHtml {
  const filled = rows.filter((row) => row.total > 0).toSorted((left, right) => right.total - left.total);
  const shown = filled.slice(0, MOST_BARS);
  const smallest = shown.at(-1);
  if (smallest === undefined) return html`<p class="soft">No table holds a row.</p>`;
  const scale = makeScale(shown[0]?.total ?? 0, smallest.total);
  const hidden = filled.slice(MOST_BARS);
  return html`<p class="soft">${describe(scale, hidden)}</p>
<ul class="bars">${shown.map((row) => bar(row, scale))}</ul>
<div class="axis" aria-hidden="true"><svg height="20">${scale.ticks.map((tick) => tickLabel(tick, scale))}</svg></div>
${key(shown, share)}`;
}

function makeScale(largest: number, smallest: number): Scale {
  if (largest < smallest * SKEW_FOR_LOGARITHM) {
    const step = niceStep(largest / (MOST_TICKS - 1));
    const ticks = Array.from({ length: Math.floor(largest / step) + 1 }, (_, index) => index * step);
    return { meaning: 'Linear scale.', percent: (value) => (100 * value) / largest, ticks };
  }
  const decades = Math.floor(Math.log10(largest));
  const every = Math.ceil((decades + 1) / MOST_TICKS);
  const ticks = Array.from({ length: Math.floor(decades / every) + 1 }, (_, index) => 10 ** (index * every));
  return {
    meaning: `Logarithmic scale: each grid line stands for ${formatCount(10 ** every)} times the rows of the one before it.`,
    // log(1 + value) gives a table of one row a bar of its own and none at all to an empty one.
    percent: (value) => (100 * Math.log1p(value)) / Math.log1p(largest),
    ticks: [0, ...ticks],
  };
}

/** The smallest of 1, 2, 5, 10, 20, … that is not below the given step. */
function niceStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(atLeast, 1)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= atLeast) ?? 10) * power;
}

function describe(scale: Scale, hidden: readonly ChartRow[]): string {
  if (hidden.length === 0) return scale.meaning;
  const rest = hidden.reduce((sum, row) => sum + row.total, 0);
  return `${scale.meaning} The ${MOST_BARS} largest tables; the ${hidden.length} smaller ones hold ${formatCount(rest)} rows together.`;
}

function bar(row: ChartRow, scale: Scale): SafeHtml {
  const whole = scale.percent(row.total);
  // The filled share of a bar is the share of rows that arrived, also where the bar's length is a logarithm.
  const done = whole * Math.min((row.migrated ?? row.total) / row.total, 1);
  const value =
    row.migrated === null || row.migrated === row.total
      ? formatCount(row.total)
      : `${formatCount(row.migrated)} of ${formatCount(row.total)}`;
  const lines = scale.ticks.map((tick) => gridLine(tick, scale));
  return html`<li${row.faulty ? html` class="faulty"` : null}><span class="name">${row.name}</span><svg aria-hidden="true" focusable="false">${lines}<rect class="whole" y="20%" width="${whole.toFixed(2)}%" height="60%" rx="3" /><rect class="done" y="20%" width="${done.toFixed(2)}%" height="60%" rx="3" /></svg><span class="value">${value}</span></li>
`;
}

function gridLine(tick: number, scale: Scale): SafeHtml {
  const x = `${scale.percent(tick).toFixed(2)}%`;
  return html`<line${tick === 0 ? html` class="zero"` : null} x1="${x}" x2="${x}" y1="0" y2="100%" />`;
}

const SHORT_COUNT = new Intl.NumberFormat('en-US', { notation: 'compact' });

function tickLabel(tick: number, scale: Scale): SafeHtml {
  const at = scale.percent(tick);
  const edge = at < 4 ? 'first' : at > 92 ? 'last' : '';
  return html`<text class="${edge}" x="${at.toFixed(2)}%" y="14">${SHORT_COUNT.format(tick)}</text>`;
}

function key(shown: readonly ChartRow[], share: string): SafeHtml | null {
  const unfinished = shown.filter((row) => row.migrated !== null && row.migrated !== row.total);
  if (unfinished.length === 0) return null;
  const entry = (fill: string, words: string) =>
    html`<span><svg class="swatch" width="12" height="12"><rect width="12" height="12" rx="3" fill="var(--${fill})" /></svg>${words}</span>`;
  const isFaulty = shown.some(({ faulty }) => faulty);
  return html`<p class="key" aria-hidden="true">${entry('accent', share)}${isFaulty ? entry('bad', `${share}, of a table with faults`) : null}${entry('accent-soft', 'the other rows of the source')}</p>`;
}
