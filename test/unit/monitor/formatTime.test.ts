import { expect, test } from 'vitest';
import { formatDuration, formatLocalTime } from '../../../src/monitor/formatTime.ts';

test.each([
  [-5, '0 s'],
  [0, '0 s'],
  [59.4, '59 s'],
  [59.5, '1 min 00 s'],
  [65, '1 min 05 s'],
  [3599, '59 min 59 s'],
  [3600, '1 h 00 min'],
  [7659, '2 h 07 min'],
  [100_000, '27 h 46 min'],
])('%d seconds are %s', (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

test('an instant is told with its date and time, and what is none stays as it is', () => {
  expect(formatLocalTime('2026-11-24T12:23:03.120Z')).toMatch(/2026/);
  expect(formatLocalTime('soon')).toBe('soon');
});
