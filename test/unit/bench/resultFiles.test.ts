import { expect, test } from 'vitest';
import { resultFileName, resultText } from '../../../bench/resultFiles.ts';
import { RESULT } from './sampleResult.ts';

const result = { date: '2026-11-28T03:50:00.000Z', scale: 10, layout: 'tables' } as const;

test('a file is named after day, scale and layout, and a second run of the day gets one of its own', () => {
  const first = '2026-11-28-scale-10-tables.json';
  expect(resultFileName(result, ['2026-11-26-scale-10-tables.json'])).toBe(first);
  expect(resultFileName(result, [first])).toBe('2026-11-28-scale-10-tables-2.json');
  expect(resultFileName(result, [first, '2026-11-28-scale-10-tables-2.json'])).toBe(
    '2026-11-28-scale-10-tables-3.json',
  );
});

test('a kept result is the result, with its list on one line', () => {
  const text = resultText(RESULT);
  expect(JSON.parse(text)).toEqual(RESULT);
  expect(text).toContain('  "load": [0.5, 2],\n');
});
