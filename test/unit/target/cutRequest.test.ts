import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeCharge } from '../../../src/plan/estimate.ts';
import { cutRequest, type RequestLimits } from '../../../src/target/cutRequest.ts';

const batchOf = (sizes: readonly number[]) => {
  let end = 0;
  const ends = sizes.map((size) => (end += size));
  return { bytes: Buffer.alloc(end), ends, childRows: [] };
};

const OPEN: RequestLimits = {
  maxDocuments: 100_000,
  maxBytes: 48_000_000,
  maxCost: Number.POSITIVE_INFINITY,
  isCharged: false,
  indexCount: 0,
};

test('where nothing limits it, one request holds all that is pending', () => {
  expect(cutRequest(batchOf([100, 200, 300]), [0, 2], OPEN).count).toBe(2);
});

test.each([
  ['documents', { maxDocuments: 2 }],
  ['bytes, with room for the command', { maxBytes: 16 * 1024 + 2_000 }],
  ['request units', { maxCost: 2 * writeCharge(1_000, 3), indexCount: 3 }],
])('a request is cut at its limit of %s', (_what, limit) => {
  const { count, cost } = cutRequest(batchOf([1_000, 1_000, 1_000]), [0, 1, 2], {
    ...OPEN,
    ...limit,
    isCharged: true,
  });
  expect(count).toBe(2);
  expect(cost).toBeCloseTo(2 * writeCharge(1_000, 'indexCount' in limit ? 3 : 0));
});

test('a request holds one document at least, and more only within every limit', () => {
  const limits = fc.record({
    maxDocuments: fc.integer({ min: 1, max: 20 }),
    maxBytes: fc.integer({ min: 1, max: 200_000 }),
    maxCost: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.double({ min: 0.1, max: 300, noNaN: true })),
    isCharged: fc.boolean(),
    indexCount: fc.nat(5),
  });
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 5, max: 100_000 }), { minLength: 1, maxLength: 30 }),
      limits,
      (sizes, of) => {
        const pending = sizes.map((_size, index) => index);
        const { count } = cutRequest(batchOf(sizes), pending, of);
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(Math.max(1, of.maxDocuments));
        if (count === 1) return;
        const cut = sizes.slice(0, count);
        expect(cut.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(of.maxBytes - 16 * 1024);
        const cost = cut.reduce((sum, size) => sum + writeCharge(size, of.indexCount), 0);
        expect(cost).toBeLessThanOrEqual(of.maxCost * 1.000001);
      },
    ),
  );
});
