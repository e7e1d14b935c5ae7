import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutRanges, rangeCount } from '../../../src/plan/cutRanges.ts';

const LIMITS = { maxRows: 100, maxBytes: 1000 };

const compare = (a: readonly string[], b: readonly string[]): number => {
  for (const [index, value] of a.entries()) {
    const other = b[index] as string;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
};

test.each([
  [0, 0, 1],
  [1, 1, 1],
  [100, 1000, 1],
  [101, 0, 2],
  [1, 1001, 2],
  [1000, 2500, 10],
])('%i rows of %i bytes need %i ranges', (rows, bytes, count) => {
  expect(rangeCount(rows, bytes, LIMITS)).toBe(count);
});

test('every key is in exactly one range, whatever the sample held', () => {
  const key = fc.tuple(fc.string({ maxLength: 2 }), fc.string({ maxLength: 2 }));
  fc.assert(
    fc.property(fc.array(key), fc.array(key), fc.integer({ min: 1, max: 50 }), (sample, rows, count) => {
      const ranges = cutRanges(sample.toSorted(compare), count);
      expect(ranges.length).toBeGreaterThanOrEqual(1);
      expect(ranges.length).toBeLessThanOrEqual(count);
      for (const row of [...rows, ...sample]) {
        const holding = ranges.filter(
          ({ lower, upper }) =>
            (lower === null || compare(row, lower) >= 0) && (upper === null || compare(row, upper) < 0),
        );
        expect(holding).toHaveLength(1);
      }
    }),
  );
});

test('ranges follow each other from no bound to no bound', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 20 }), (values, count) => {
      const sample = values.toSorted().map((value) => [value]);
      const ranges = cutRanges(sample, count);
      expect(ranges[0]?.lower).toBeNull();
      expect(ranges.at(-1)?.upper).toBeNull();
      for (let i = 1; i < ranges.length; i++) expect(ranges[i]?.lower).toBe(ranges[i - 1]?.upper);
    }),
  );
});

test('equal keys make one range and an even sample even ones', () => {
  expect(
    cutRanges(
      Array.from({ length: 50 }, () => ['same']),
      4,
    ),
  ).toEqual([
    { lower: null, upper: ['same'] },
    { lower: ['same'], upper: null },
  ]);
  const even = Array.from({ length: 100 }, (_, i) => [String(i).padStart(2, '0')]);
  expect(cutRanges(even, 4).map(({ upper }) => upper?.[0] ?? null)).toEqual(['25', '50', '75', null]);
  expect(cutRanges([], 4)).toEqual([{ lower: null, upper: null }]);
});
