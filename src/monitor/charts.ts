import uPlot from 'uplot';
import type { MigrationSeries } from '../contract/migrationSeries.ts';
import { type Chart, chartsOf } from './chartData.ts';
import { byId, make, write } from './elements.ts';
import { formatClock } from './formatTime.ts';

const HEIGHT = 140;
const MINUTE = 60;
const DAY = 86_400;

interface Drawn {
  readonly figure: HTMLElement;
  readonly summary: HTMLElement;
  readonly plot: uPlot;
  readonly hasLimit: boolean;
}

/** The charts of one migration. They are kept from answer to answer, and drawn anew for another width or other colours. */
export class Charts {
  readonly #drawn = new Map<string, Drawn>();
  #shown: readonly Chart[] = [];

  constructor() {
    new ResizeObserver(() => this.#fit()).observe(byId('charts'));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      const shown = this.#shown;
      this.clear();
      this.#draw(shown);
    });
  }

  clear(): void {
    for (const { plot } of this.#drawn.values()) plot.destroy();
    this.#drawn.clear();
    this.#shown = [];
    byId('charts').replaceChildren();
    byId('charts-panel').hidden = true;
  }

  show(series: MigrationSeries): void {
    this.#draw(chartsOf(series));
  }

  #draw(charts: readonly Chart[]): void {
    this.#shown = charts;
    byId('charts-panel').hidden = charts.length === 0;
    for (const [key, { figure, plot }] of this.#drawn) {
      if (charts.some((chart) => keyOf(chart) === key)) continue;
      plot.destroy();
      figure.remove();
      this.#drawn.delete(key);
    }
    for (const chart of charts) {
      const there = this.#drawn.get(keyOf(chart)) ?? this.#begin(chart);
      there.plot.setData(dataOf(chart));
      write(there.summary, chart.summary);
    }
  }

  #begin(chart: Chart): Drawn {
    const summary = make('figcaption', 'soft');
    const place = make('div');
    place.setAttribute('aria-hidden', 'true');
    const figure = make('figure');
    figure.append(make('h4', '', chart.title), summary, place);
    byId('charts').append(figure);
    const plot = new uPlot(optionsOf(chart, widthOf()), dataOf(chart), place);
    const drawn = { figure, summary, plot, hasLimit: chart.limit !== null };
    this.#drawn.set(keyOf(chart), drawn);
    return drawn;
  }

  #fit(): void {
    const width = widthOf();
    if (width === 0) return;
    for (const { plot } of this.#drawn.values()) if (plot.width !== width) plot.setSize({ width, height: HEIGHT });
  }
}

const widthOf = (): number => Math.floor(byId('charts').clientWidth);
const keyOf = ({ title, limit }: Chart): string => `${title} ${limit === null ? '' : 'limit'}`;

function dataOf({ at, values, limit }: Chart): uPlot.AlignedData {
  const columns: (number | null)[][] = limit === null ? [[...values]] : [[...values], at.map(() => limit)];
  return [[...at], ...columns];
}

function optionsOf({ limit, format }: Chart, width: number): uPlot.Options {
  const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--grid'), width: 1 }, ticks: { show: false } };
  const line = { stroke: colour('--accent'), fill: `${colour('--accent')}22`, width: 2, points: { show: false } };
  const limited = limit === null ? [] : [{ stroke: colour('--bad'), width: 1, dash: [6, 4], points: { show: false } }];
  return {
    width,
    height: HEIGHT,
    // A clock below the last line of the grid stands half beside the chart.
    padding: [null, 30, null, null],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      {
        ...axis,
        space: 70,
        size: 34,
        values: (_plot, splits, _axis, _space, step) => splits.map((at) => clockOf(at, step)),
      },
      { ...axis, size: 74, values: (_plot, splits) => splits.map((value) => format(value)) },
    ],
    series: [{}, line, ...limited],
  };
}

/** What stands below a line of the grid, `step` seconds from the next. */
function clockOf(at: number, step: number): string {
  if (step >= DAY) return new Date(at * 1000).toLocaleDateString([], { day: '2-digit', month: 'short' });
  return formatClock(at * 1000, step < MINUTE ? 'seconds' : 'minutes');
}
