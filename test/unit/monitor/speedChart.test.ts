// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { SpeedChart } from '../../../src/monitor/speedChart.ts';
import { isHidden, openPage, textOf } from './openPage.ts';

let chart: SpeedChart;

beforeEach(() => {
  openPage();
  chart = new SpeedChart();
});

const add = (...rates: readonly number[]): void => {
  for (const rowsPerSecond of rates) chart.add({ status: 'running', rowsPerSecond });
};
const points = (id: string) => document.querySelector(id)?.getAttribute('points');

test('one answer makes no line', () => {
  add(5);
  expect(isHidden('#spark-panel')).toBe(true);
});

test('the line goes from left to right, its highest point just under the edge', () => {
  add(0, 1500, 3000);
  expect(isHidden('#spark-panel')).toBe(false);
  expect(points('#spark-line')).toBe('0.00,38.00 50.00,20.00 100.00,2.00');
  expect(points('#spark-area')).toBe('0,40 0.00,38.00 50.00,20.00 100.00,2.00 100,40');
  expect(textOf('#spark-most')).toBe('The last 3 answers, at most 3,000 rows/s');
});

test('nothing but zeros is a line at the bottom', () => {
  add(0, 0);
  expect(points('#spark-line')).toBe('0.00,38.00 100.00,38.00');
});

test('two minutes are kept', () => {
  add(9999, ...Array<number>(120).fill(7));
  expect(textOf('#spark-most')).toBe('The last 120 answers, at most 7 rows/s');
});

test('what does not run adds nothing and leaves the line', () => {
  add(1, 2);
  chart.add({ status: 'completed', rowsPerSecond: 0 });
  expect(textOf('#spark-most')).toBe('The last 2 answers, at most 2 rows/s');
});

test('another migration begins a line of its own', () => {
  add(1, 2);
  chart.clear();
  add(3);
  expect(isHidden('#spark-panel')).toBe(true);
});
