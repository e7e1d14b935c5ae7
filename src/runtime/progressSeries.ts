import type { ProgressSeries, SeriesPoint } from '../contract/progressSeries.ts';

/** Most points of a series: enough for a chart, and some six kilobytes in the blob that is written with each heartbeat. */
export const MAX_POINTS = 240;

export const NO_SERIES: ProgressSeries = { stepSeconds: 1, points: [] };

/** What happened since the note before, and at what time (milliseconds since 1970). */
export interface SeriesNote {
  readonly atMs: number;
  readonly rows: number;
  readonly bytes: number;
  readonly throttled: number;
  readonly requestUnits: number;
  /** Seconds that the target was behind its source; null where nobody looked. */
  readonly lagSeconds: number | null;
}

/** The series with one note more. Where it grows too long, stretches become twice as long until it fits. */
export function addToSeries(series: ProgressSeries, note: SeriesNote): ProgressSeries {
  const { atMs, rows, bytes, throttled, requestUnits, lagSeconds } = note;
  if (rows === 0 && bytes === 0 && throttled === 0 && requestUnits === 0 && lagSeconds === null) return series;
  const at = Math.floor(atMs / 1000 / series.stepSeconds);
  const point: SeriesPoint = [at, rows, bytes, throttled, requestUnits, lagSeconds];
  return thinned({ ...series, points: joined([...series.points, point], 1) });
}

/** The series of several processes as one. */
export function mergeSeries(all: readonly ProgressSeries[]): ProgressSeries {
  const stepSeconds = Math.max(1, ...all.map((series) => series.stepSeconds));
  const points = all.flatMap((series) => joined(series.points, stepSeconds / series.stepSeconds));
  return thinned({ stepSeconds, points: joined(points, 1) });
}

function thinned(series: ProgressSeries): ProgressSeries {
  let { stepSeconds, points } = series;
  while (points.length > MAX_POINTS) {
    stepSeconds *= 2;
    points = joined(points, 2);
  }
  return { stepSeconds, points };
}

/** Points of stretches that are so many times as long, in the order of time. */
function joined(points: readonly SeriesPoint[], times: number): SeriesPoint[] {
  const byStretch = new Map<number, SeriesPoint>();
  for (const [at, ...amounts] of points) {
    const stretch = Math.floor(at / times);
    const point: SeriesPoint = [stretch, ...amounts];
    const there = byStretch.get(stretch);
    byStretch.set(stretch, there === undefined ? point : sumOf(there, point));
  }
  return [...byStretch.values()].toSorted(([left], [right]) => left - right);
}

function sumOf(left: SeriesPoint, right: SeriesPoint): SeriesPoint {
  const [at, rows, bytes, throttled, requestUnits, lag] = left;
  const lags = [lag, right[5]].filter((one) => one !== null);
  return [
    at,
    rows + right[1],
    bytes + right[2],
    throttled + right[3],
    requestUnits + right[4],
    lags.length === 0 ? null : Math.max(...lags),
  ];
}
