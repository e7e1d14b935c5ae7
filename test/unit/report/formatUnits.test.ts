import { expect, test } from 'vitest';
import { formatCount } from '../../../src/formatCount.ts';
import {
  formatBytes,
  formatInstant,
  formatPlural,
  formatSeconds,
  ratePerSecond,
} from '../../../src/report/formatUnits.ts';

test.each([
  [0, '0.0 s'],
  [0.04, '0.0 s'],
  [59.94, '59.9 s'],
  [59.96, '1 min 00 s'],
  [185, '3 min 05 s'],
  [3599.6, '1 h 00 min'],
  [7630, '2 h 07 min'],
  [86_399, '1 d 00 h'],
  [442_800, '5 d 03 h'],
])('%d seconds are told as %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_960, '1.0 MB'],
  [54_200_000, '54.2 MB'],
  [5e17, '500.0 PB'],
])('%d bytes are told as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('counts have separators and their noun its number', () => {
  expect(formatCount(170_817)).toBe('170,817');
  expect(formatPlural(1, 'record')).toBe('1 record');
  expect(formatPlural(0, 'record')).toBe('0 records');
});

test('an instant is told in UTC, and what is none stays as it is', () => {
  expect(formatInstant('2025-07-09T02:23:03+02:00')).toBe('2025-07-09 00:23:03 UTC');
  expect(formatInstant('soon')).toBe('soon');
});

test('there is no rate over no time', () => {
  expect(ratePerSecond(100, 0)).toBeNull();
  expect(ratePerSecond(0, 3)).toBeNull();
  expect(ratePerSecond(300, 2)).toBe(150);
});
