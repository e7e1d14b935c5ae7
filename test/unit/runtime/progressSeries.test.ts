import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProgressSeries } from '../../../src/contract/progressSeries.ts';
import {
  addToSeries,
  MAX_POINTS,
  mergeSeries,
  NO_SERIES,
  type SeriesNote,
} from '../../../src/runtime/progressSeries.ts';

const START = Date.parse('2026-11-27T12:00:00.000Z');
const NOTHING: SeriesNote = { atMs: START, rows: 0, bytes: 0, throttled: 0, requestUnits: 0, lagSeconds: null };
const seriesOf = (notes: readonly SeriesNote[]): ProgressSeries => notes.reduce(addToSeries, NO_SERIES);
const sumsOf = ({ points }: ProgressSeries): readonly number[] =>
  [1, 2, 3, 4].map((place) => points.reduce((sum, point) => sum + (point[place] ?? 0), 0));

const note: fc.Arbitrary<SeriesNote> = fc.record({
  atMs: fc.integer({ min: 0, max: 9_000_000 }).map((ms) => START + ms),
  rows: fc.nat(1_000),
  bytes: fc.nat(1_000),
  throttled: fc.nat(10),
  requestUnits: fc.nat(1_000),
  lagSeconds: fc.option(fc.nat(100), { nil: null }),
});
const notes = fc.array(note, { maxLength: 600 });

test('however long a run takes, its series stays short, in order, and loses nothing of what it sums', () => {
  fc.assert(
    fc.property(fc.array(notes, { maxLength: 3 }), (processes) => {
      const merged = mergeSeries(processes.map(seriesOf));
      const all = processes.flat();
      expect(merged.points.length).toBeLessThanOrEqual(MAX_POINTS);
      expect(Math.log2(merged.stepSeconds) % 1).toBe(0);
      const stretches = merged.points.map(([at]) => at);
      expect(stretches).toEqual([...new Set(stretches)].toSorted((left, right) => left - right));
      const keys = ['rows', 'bytes', 'throttled', 'requestUnits'] as const;
      expect(sumsOf(merged)).toEqual(keys.map((key) => all.reduce((sum, one) => sum + one[key], 0)));
      const most = (lags: readonly (number | null)[]) => Math.max(-1, ...lags.map((lag) => lag ?? -1));
      expect(most(merged.points.map((point) => point[5]))).toBe(most(all.map(({ lagSeconds }) => lagSeconds)));
    }),
    { numRuns: 50 },
  );
});

test('a second in which nothing happened takes no place', () => {
  const series = seriesOf([
    { ...NOTHING, rows: 5 },
    { ...NOTHING, atMs: START + 1_000 },
  ]);
  expect(series).toEqual({ stepSeconds: 1, points: [[START / 1000, 5, 0, 0, 0, null]] });
});

test('an hour of seconds becomes stretches of sixteen', () => {
  const hour = Array.from({ length: 3_600 }, (_, second) => ({ ...NOTHING, atMs: START + second * 1_000, rows: 10 }));
  const { stepSeconds, points } = seriesOf(hour);
  expect(stepSeconds).toBe(16);
  expect(points[3]).toEqual([START / 16_000 + 3, 160, 0, 0, 0, null]);
});
