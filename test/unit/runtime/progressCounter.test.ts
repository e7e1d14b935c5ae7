import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProgressCounter } from '../../../src/runtime/progressCounter.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Reads once a second, as a heartbeat does, and returns the last reading. */
function readFor(counter: ProgressCounter, seconds: number, eachSecond: () => void = () => undefined) {
  let read = counter.read();
  for (let second = 0; second < seconds; second++) {
    vi.advanceTimersByTime(1_000);
    eachSecond();
    read = counter.read();
  }
  return read;
}

test('there is no pace in the first seconds of a phase', () => {
  const counter = new ProgressCounter();
  const range = counter.openRange();
  const copying = () => range.add('copied', 'runs', 100);
  copying();
  expect(readFor(counter, 3, copying)).toMatchObject({ rowsPerSecond: 100 });
  expect(readFor(counter, 0)).not.toHaveProperty('pace');
  expect(readFor(counter, 20, copying).pace).toBeGreaterThanOrEqual(90);
  const validated = readFor(counter, 2, () => range.add('validated', 'runs', 10));
  expect(validated).not.toHaveProperty('pace');
  expect(readFor(counter, 10, () => range.add('validated', 'runs', 10))).toMatchObject({ pace: 10, rowsPerSecond: 10 });
});

test('what stood in the target before counts as done, and not as fast', () => {
  const counter = new ProgressCounter();
  const range = counter.openRange();
  const resumed = readFor(counter, 10, () => {
    range.add('copied', 'runs', 5_000, { isThere: true, bytes: 9_000 });
    range.add('copied', 'runs', 20, { bytes: 100 });
  });
  expect(resumed).toMatchObject({ rowsPerSecond: 20, bytesPerSecond: 100, pace: 20 });
  expect(resumed.open.copied['runs']).toBe(50_200);
});

test('a time without work is no time that rows took', () => {
  const counter = new ProgressCounter();
  const range = counter.openRange();
  const comparing = () => range.add('validated', 'runs', 100);
  comparing();
  readFor(counter, 20, comparing);
  vi.advanceTimersByTime(60_000);
  // What it does in the first second after that is of no time.
  const first = counter.read();
  expect([first.rowsPerSecond, first.pace]).toEqual([0, undefined]);
  expect(readFor(counter, 10, comparing)).toMatchObject({ rowsPerSecond: 100, pace: 100 });
});

test('rows of a range that is left in its middle stay counted until as many are met again', () => {
  const counter = new ProgressCounter();
  const shown = () => {
    const { validated, open, again } = counter.read();
    return [validated, open.validated, again?.validated].reduce((sum, rows) => sum + (rows?.['runs'] ?? 0), 0);
  };
  const left = counter.openRange();
  left.add('validated', 'runs', 70);
  left.add('errors', 'runs', 2);
  left.close(false);
  expect(shown()).toBe(70);
  const begun = counter.openRange();
  begun.add('validated', 'runs', 40);
  expect(shown()).toBe(70);
  begun.add('validated', 'runs', 50);
  expect(shown()).toBe(90);
  begun.close(true);
  expect(counter.read()).toMatchObject({ validated: { runs: 90 }, errors: {} });
  expect(counter.read()).not.toHaveProperty('again');
});

test('collections whose indexes are there are counted once', () => {
  const counter = new ProgressCounter();
  expect(counter.read()).not.toHaveProperty('indexed');
  counter.addIndexed('runs', 7);
  counter.addIndexed('runs', 7);
  expect(counter.read().indexed).toEqual({ runs: 7 });
});
