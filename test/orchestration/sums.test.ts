import { expect, test } from 'vitest';
import { addPass, addSums, NO_SUMS } from '../../src/orchestrators/messages.ts';

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
