import type { MigrationSeries } from '../contract/migrationSeries.ts';
import { formatCount } from '../formatCount.ts';
import { formatDuration } from './formatTime.ts';

/** One chart: its line, what it is compared with, and how its figures are told. */
export interface Chart {
  readonly title: string;
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
  /** A second line at one height, null where there is none. */
  readonly limit: number | null;
  /** The same in words, for whoever does not see the line. */
  readonly summary: string;
  readonly format: (value: number) => string;
}

/** The charts of a run that have something to show. */
export function chartsOf(series: MigrationSeries): Chart[] {
  const { stepSeconds, requestUnitsLimit } = series;
  const rates = (values: readonly number[]) => withPauses(series.at, values, stepSeconds);
  const rows = rates(series.rowsPerSecond);
  const units = rates(series.requestUnitsPerSecond);
  const refused = rates(series.refused);
  const lag = known(series.at, series.lagSeconds);
  const charts = [
    chart('Rows per second', rows, null, formatCount),
    chart('Request units per second', units, requestUnitsLimit, (value) => `${formatCount(value)} RU/s`),
    chart(`Refused requests in ${formatDuration(stepSeconds)}`, refused, null, formatCount),
    chart('Behind the source', lag, null, formatDuration),
  ];
  return charts.filter(({ at, values }) => at.length > 1 && values.some((value) => (value ?? 0) > 0));
}

type Line = readonly [at: readonly number[], values: readonly number[]];

function chart(title: string, [at, values]: Line, limit: number | null, format: Chart['format']): Chart {
  const most = Math.max(0, ...values);
  const against = limit === null ? '' : `, of ${format(limit)} that the target has`;
  return {
    title,
    at,
    values,
    limit,
    format,
    summary: `At most ${format(most)}${against}; last ${format(values.at(-1) ?? 0)}`,
  };
}

/** Stretches in which nothing happened are not told: the line is at zero there, and does not lead over them. */
function withPauses(at: readonly number[], values: readonly number[], step: number): Line {
  const filled: [number, number][] = [];
  for (const [index, time] of at.entries()) {
    const before = at[index - 1];
    if (before !== undefined && time - before > step) {
      filled.push([before + step, 0]);
      if (time - before > 2 * step) filled.push([time - step, 0]);
    }
    filled.push([time, values[index] ?? 0]);
  }
  return [filled.map(([time]) => time), filled.map(([, value]) => value)];
}

function known(at: readonly number[], values: readonly (number | null)[]): Line {
  const there = at.flatMap((time, index) => {
    const value = values[index] ?? null;
    return value === null ? [] : [[time, value] as const];
  });
  return [there.map(([time]) => time), there.map(([, value]) => value)];
}
