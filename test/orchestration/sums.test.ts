import { expect, test } from 'vitest';
import { addPass, addSums, NO_SUMS } from '../../src/contract/workSums.ts';

const failing = (table: string, message = 'm') => ({
  table,
  problem: { kind: 'source-refused', message, hint: 'h' } as const,
});

test('each table that failed is kept once, with what it failed by first', () => {
  const first = { ...NO_SUMS, failures: [failing('runs', 'first')] };
  const ranges = Array.from({ length: 60 }, () => failing('metrics'));
  const tables = Array.from({ length: 100 }, (_unused, index) => failing(`table ${index}`));
  const { failures } = addSums(first, { ...NO_SUMS, failures: [failing('runs', 'again'), ...ranges, ...tables] });
  expect(failures).toEqual([failing('runs', 'first'), failing('metrics'), ...tables]);
});

test('a pass adds the rows that had no document, and stands for a table that it read whole', () => {
  const before = { ...NO_SUMS, tables: { runs: [10, 0, 0, 0, 0], tags: [7, 0, 2, 0, 0] } as const };
  const pass = {
    ...NO_SUMS,
    tables: { runs: [4, 0, 0, 3, 1], tags: [9, 0, 0, 2, 2], params: [5, 0, 0, 5, 5] } as const,
    whole: ['tags'],
  };
  const { tables } = addPass(before, pass);
  expect(tables).toEqual({ runs: [11, 0, 0, 3, 1], tags: [9, 0, 0, 2, 2], params: [5, 0, 0, 5, 5] });
});

test('findings that are not listed add up over units, and over passes are those of the worst one', () => {
  const unit = { ...NO_SUMS, unlisted: { runs: [3, 1, 0], tags: [5, 0, 2] } as const };
  const before = addSums(unit, { ...NO_SUMS, unlisted: { runs: [4, 0, 0] } });
  expect(before.unlisted).toEqual({ runs: [7, 1, 0], tags: [5, 0, 2] });
  // What one pass met the next one may meet again; a table that was read whole has those of that pass alone.
  const pass = { ...NO_SUMS, unlisted: { runs: [2, 6, 0], params: [1, 0, 0] } as const, whole: ['tags'] };
  expect(addPass(before, pass).unlisted).toEqual({ runs: [7, 6, 0], tags: [0, 0, 0], params: [1, 0, 0] });
});

test('sums of earlier histories, which do not know what was not listed, add up all the same', () => {
  const { unlisted: _unlisted, toWrite: _toWrite, ...old } = addSums(NO_SUMS, NO_SUMS);
  expect(addPass(addSums(old, old), old)).toMatchObject({ unlisted: {}, toWrite: {} });
});
