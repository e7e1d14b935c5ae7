import { expect, test } from 'vitest';
import { chartsOf } from '../../../src/monitor/chartData.ts';
import { sampleSeries } from '../../monitor/sampleSeries.ts';

const NONE = sampleSeries({
  stepSeconds: 2,
  at: [10, 12, 20, 24],
  rowsPerSecond: [5, 7, 3, 1],
  requestUnitsPerSecond: [0, 0, 0, 0],
  refused: [0, 0, 0, 0],
  lagSeconds: [null, null, null, null],
});

test('where nothing happened the line is at zero, and does not lead over it', () => {
  const [rows, ...others] = chartsOf(NONE);
  expect(others).toEqual([]);
  expect(rows?.at).toEqual([10, 12, 14, 18, 20, 22, 24]);
  expect(rows?.values).toEqual([5, 7, 0, 0, 3, 0, 1]);
  expect(rows?.summary).toBe('At most 7; last 1');
});

test('request units stand against what the target has, and the lag where somebody looked', () => {
  const series = { ...NONE, requestUnitsPerSecond: [400, 900, 10, 10], lagSeconds: [null, 70, null, 3] };
  const [, units, lag] = chartsOf({ ...series, requestUnitsLimit: 1_000 });
  expect(units?.limit).toBe(1_000);
  expect(units?.summary).toBe('At most 900 RU/s, of 1,000 RU/s that the target has; last 10 RU/s');
  expect([lag?.at, lag?.values, lag?.summary]).toEqual([[12, 24], [70, 3], 'At most 1 min 10 s; last 3 s']);
});

test('a run that has done nothing yet has no charts', () => {
  expect(
    chartsOf(sampleSeries({ at: [], rowsPerSecond: [], requestUnitsPerSecond: [], refused: [], lagSeconds: [] })),
  ).toEqual([]);
});
