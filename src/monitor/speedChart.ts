import type { MigrationStatus } from '../contract/migrationStatus.ts';
import { formatCount } from '../formatCount.ts';
import { byId, write } from './elements.ts';

/** Two minutes, at an answer a second. */
const MAX_SAMPLES = 120;

/** The line of rows per second over the last answers. They live here only: the API tells the latest. */
export class SpeedChart {
  #rates: readonly number[] = [];

  /** Begins anew, for another migration. What is drawn stays until its first answer. */
  clear(): void {
    this.#rates = [];
  }

  /** Adds what a migration that runs is doing, and draws. */
  add({ status, rowsPerSecond }: Pick<MigrationStatus, 'status' | 'rowsPerSecond'>): void {
    if (status === 'running') this.#rates = [...this.#rates, rowsPerSecond].slice(-MAX_SAMPLES);
    const isDrawn = this.#rates.length > 1;
    byId('spark-panel').hidden = !isDrawn;
    if (!isDrawn) return;
    const most = Math.max(1, ...this.#rates);
    const points = chartPoints(this.#rates, most);
    byId('spark-line', SVGElement).setAttribute('points', points);
    byId('spark-area', SVGElement).setAttribute('points', `0,40 ${points} 100,40`);
    write(byId('spark-most'), `The last ${this.#rates.length} answers, at most ${formatCount(most)} rows/s`);
  }
}

/** Points of a line in a box of 100 by 40, the highest of them two below its upper edge. */
function chartPoints(rates: readonly number[], most: number): string {
  return rates
    .map((rate, index) => {
      const across = (100 * index) / (rates.length - 1);
      const down = 38 - (36 * rate) / most;
      return `${across.toFixed(2)},${down.toFixed(2)}`;
    })
    .join(' ');
}
