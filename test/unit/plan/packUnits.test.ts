import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CollectionPlan, KeyRange } from '../../../src/contract/plan.ts';
import { packUnits } from '../../../src/plan/packUnits.ts';

const LIMITS = { maxRows: 1000, maxBytes: 1_000_000 };
const RANGE: KeyRange = { lower: null, upper: null };

function collection(name: string, rows: number, bytes: number, ranges: number): CollectionPlan {
  return { collection: name, table: name, rows, bytes, ranges: Array.from({ length: ranges }, () => RANGE) };
}

const collections = fc
  .array(
    fc.record({
      rows: fc.nat(5_000),
      bytes: fc.nat(5_000_000),
      ranges: fc.integer({ min: 1, max: 12 }),
    }),
    { maxLength: 60 },
  )
  .map((sizes) => sizes.map(({ rows, bytes, ranges }, index) => collection(`c${index}`, rows, bytes, ranges)));

test('every range of every collection is in exactly one unit', () => {
  fc.assert(
    fc.property(collections, (all) => {
      const packed = packUnits(all, LIMITS).flatMap(({ ranges }) => ranges.map(([c, r]) => `${c}:${r}`));
      const wanted = all.flatMap((one, c) => one.ranges.map((_range, r) => `${c}:${r}`));
      expect(packed.toSorted()).toEqual(wanted.toSorted());
    }),
  );
});

test('no unit is empty, over 24 ranges, or over the limits unless one range alone is', () => {
  fc.assert(
    fc.property(collections, (all) => {
      for (const { ranges } of packUnits(all, LIMITS)) {
        expect(ranges.length).toBeGreaterThan(0);
        expect(ranges.length).toBeLessThanOrEqual(24);
        const sum = (pick: (one: CollectionPlan) => number) =>
          ranges.reduce(
            (total, [c]) => total + pick(all[c] as CollectionPlan) / (all[c] as CollectionPlan).ranges.length,
            0,
          );
        if (ranges.length === 1) continue;
        expect(sum(({ rows }) => rows)).toBeLessThanOrEqual(LIMITS.maxRows * 1.000001);
        expect(sum(({ bytes }) => bytes)).toBeLessThanOrEqual(LIMITS.maxBytes * 1.000001);
      }
    }),
  );
});

test('the largest pieces come first, small tables share a unit, and the same plan gives the same units', () => {
  const all = [collection('small', 10, 100, 1), collection('large', 3000, 100, 3), collection('tiny', 0, 0, 1)];
  const units = packUnits(all, LIMITS);
  expect(units).toEqual([
    { ranges: [[1, 0]] },
    { ranges: [[1, 1]] },
    { ranges: [[1, 2]] },
    {
      ranges: [
        [0, 0],
        [2, 0],
      ],
    },
  ]);
  expect(packUnits(all, LIMITS)).toEqual(units);
  expect(packUnits([], LIMITS)).toEqual([]);
});

test('a hundred empty tables are not one unit', () => {
  const empty = Array.from({ length: 100 }, (_, index) => collection(`c${index}`, 0, 0, 1));
  expect(packUnits(empty, LIMITS).map(({ ranges }) => ranges.length)).toEqual([24, 24, 24, 24, 4]);
});
