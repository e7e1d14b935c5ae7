import { expect, test } from 'vitest';
import { readArguments } from '../../../bench/readArguments.ts';

test('small scales are measured three times, from 10 on once', () => {
  expect(readArguments([])).toMatchObject({ scale: 1, layout: 'tables', runs: 3, baseline: null, note: null });
  expect(readArguments(['--scale', '10'])).toMatchObject({ scale: 10, runs: 1 });
  expect(readArguments(['--scale', '10', '--runs', '3'])).toMatchObject({ runs: 3 });
});

test('the baseline is asked for, refused, or run where it can', () => {
  expect(readArguments(['--baseline']).baseline).toBe(true);
  expect(readArguments(['--no-baseline']).baseline).toBe(false);
});

test.each([
  [['--layout', 'rows'], 'There is no layout rows'],
  [['--scale', '0'], 'whole numbers'],
  [['--runs', '1.5'], 'whole numbers'],
  [['--fast'], 'Unknown option'],
])('%j is refused in words', (args, message) => {
  expect(() => readArguments(args)).toThrow(message);
});
