import { expect, test } from 'vitest';
import { digestAfter, digestRangeCount, digestRanges, digestWidth } from '../../../src/plan/digestRanges.ts';

const LIMITS = { maxRows: 40_000, maxBytes: 32 * 1024 * 1024 };
const ALL = 2 ** 32;

test('a table is cut into few ranges of digests, however large it is', () => {
  expect(digestRangeCount(0, 0, LIMITS)).toBe(1);
  expect(digestRangeCount(400_000, 1, LIMITS)).toBe(1);
  expect(digestRangeCount(400_001, 1, LIMITS)).toBe(2);
  expect(digestRangeCount(1, 1024 ** 3, LIMITS)).toBe(4);
  expect(digestRangeCount(1e9, 1e12, LIMITS)).toBe(16);
});

test.for([1, 2, 3, 16])(
  '%d ranges follow each other, from the first digest to the last, and are of one width',
  (count) => {
    const ranges = digestRanges(count);
    expect(ranges).toHaveLength(count);
    expect(ranges[0]?.lower).toBeNull();
    expect(ranges.at(-1)?.upper).toBeNull();
    ranges.slice(1).forEach(({ lower }, index) => {
      expect(lower).toEqual(ranges[index]?.upper);
      expect(lower?.[0]).toMatch(/^[0-9a-f]{8}$/);
    });
    for (const range of ranges) expect(Math.abs(digestWidth(range) - ALL / count)).toBeLessThanOrEqual(1);
  },
);

test('a piece of a range ends within it, or is the last one', () => {
  const [, second] = digestRanges(4);
  if (second === undefined) throw new Error('There is no second range');
  expect(second).toEqual({ lower: ['40000000'], upper: ['80000000'] });
  expect(digestAfter(second, 1)).toEqual(['40000001']);
  expect(digestAfter(second, ALL / 8)).toEqual(['60000000']);
  expect(digestAfter(second, ALL / 4)).toBeNull();
  expect(digestAfter({ lower: null, upper: null }, 16)).toEqual(['00000010']);
});
