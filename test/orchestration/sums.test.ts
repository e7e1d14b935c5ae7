import { expect, test } from 'vitest';
import { addSums, NO_SUMS } from '../../src/orchestrators/messages.ts';

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
