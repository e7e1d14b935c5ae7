import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimate, writeCharge } from '../../../src/plan/estimate.ts';

const RUNS = { table: 'runs', collection: 'runs', rows: 80_000, bytes: 1_000_000, indexTerms: 8 };

test('rows, bytes and time of a target without request units', () => {
  expect(estimate([RUNS], {}, 'mongodb', null)).toEqual({
    tables: { runs: { rows: 80_000, bytes: 1_000_000, collection: 'runs' } },
    totalRows: 80_000,
    totalBytes: 1_000_000,
    estimatedSeconds: 2,
    requestUnits: null,
  });
});

test('tables inside other documents count, and an empty source takes a second', () => {
  const embedded = { tags: { rows: 5, bytes: 50, collection: 'runs' } };
  expect(estimate([], embedded, 'mongodb', null)).toMatchObject({
    totalRows: 5,
    totalBytes: 50,
    estimatedSeconds: 1,
    tables: embedded,
  });
});

test('request units follow size and index terms, never fall, and time follows the throughput', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 4e6, noNaN: true }),
      fc.double({ min: 0, max: 1e5, noNaN: true }),
      fc.nat(20),
      (bytes, more, terms) => {
        expect(writeCharge(bytes + more, terms)).toBeGreaterThanOrEqual(writeCharge(bytes, terms) - 1e-9);
        expect(writeCharge(bytes, terms + 1)).toBeGreaterThan(writeCharge(bytes, terms));
      },
    ),
  );
  const slow = estimate([RUNS], {}, 'cosmos-ru', 400).requestUnits;
  const fast = estimate([RUNS], {}, 'cosmos-ru', 4_000).requestUnits;
  expect(slow?.total).toBe(fast?.total);
  expect(slow?.seconds).toBeGreaterThan(9 * (fast?.seconds ?? 0));
  expect(slow?.meaning).toMatch(/^At 400 RU\/s copying takes .* needs [\d,]+ RU\/s$/);
  const unknown = estimate([RUNS], {}, 'cosmos-ru', null);
  expect(unknown.requestUnits).toMatchObject({ provisioned: null, seconds: null });
  expect(unknown.requestUnits?.meaning).toMatch(/^The account does not say its throughput: at 400 RU\/s copying takes/);
  const own = estimate([RUNS], {}, 'cosmos-ru', null, { kind: 'own', shared: null, collections: 2, added: 2 });
  expect(own.requestUnits?.meaning).toMatch(
    /^At 400 RU\/s copying takes .*\. The database has no shared throughput: 2 coll/,
  );
});
