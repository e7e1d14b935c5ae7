import { expect, test } from 'vitest';
import { indexBuildTime, uniqueIndexSeconds } from '../../../src/plan/indexBuildTime.ts';

test('a unique index over several fields takes what was measured, behind others the longer', () => {
  // 5,000 rows: 4.3 s in an empty collection, 10 s behind 35,000 others.
  expect(uniqueIndexSeconds(5_000, 0)).toBeCloseTo(4.3 + (5.7 / 35_000) * 2_500, 5);
  expect(uniqueIndexSeconds(5_000, 35_000) - uniqueIndexSeconds(5_000, 0)).toBeCloseTo(5.7, 5);
});

test('ten times the rows take about a hundred times as long with such an index, and ten times as long without', () => {
  const unique = (rows: number) => indexBuildTime([{ rows, compoundUnique: 1, others: 0 }]);
  expect(unique(1e7).total / unique(1e6).total).toBeGreaterThan(90);
  expect(unique(1e6)).toEqual({ total: unique(1e6).compoundUnique, compoundUnique: unique(1e6).compoundUnique });
  const plain = (rows: number) => indexBuildTime([{ rows, compoundUnique: 0, others: 3 }]);
  expect(plain(1e7).total / plain(1e6).total).toBeCloseTo(10, 0);
  expect(plain(1e6).compoundUnique).toBe(0);
});

test('builds wait in the queue of the cluster, those of empty collections do not', () => {
  expect(indexBuildTime([{ rows: 1, compoundUnique: 0, others: 5 }]).total).toBeCloseTo(6, 3);
  expect(indexBuildTime([{ rows: 0, compoundUnique: 0, others: 5 }]).total).toBe(0);
});
