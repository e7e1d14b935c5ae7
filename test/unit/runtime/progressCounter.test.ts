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
    range.add('copied', 'runs', 5_000, { isThere: true });
    range.add('copied', 'runs', 20, { bytes: 100 });
  });
  expect(resumed).toMatchObject({ rowsPerSecond: 20, pace: 20 });
  expect(resumed.open.copied['runs']).toBe(50_200);
});

test('collections whose indexes are there are counted once', () => {
  const counter = new ProgressCounter();
  expect(counter.read()).not.toHaveProperty('indexed');
  counter.addIndexed('runs', 7);
  counter.addIndexed('runs', 7);
  expect(counter.read().indexed).toEqual({ runs: 7 });
});
