import { expect, test } from 'vitest';
import { groupTables } from '../../../src/report/tableGroups.ts';

test('the core tables come first in their order, then the largest; empty ones are names unless there is something to tell', () => {
  const tables = { tags: 0, alien: 3, runs: 2, spans: 900, jobs: 0, broken: 0, experiments: 7 };
  const groups = groupTables(
    Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, { rows, isFaulty: name === 'broken' }])),
    ({ rows }) => rows,
    ({ isFaulty }) => isFaulty,
  );
  expect(groups.core.map(([name]) => name)).toEqual(['experiments', 'runs', 'tags']);
  expect(groups.others.map(([name]) => name)).toEqual(['spans', 'alien', 'broken']);
  expect(groups.empty).toEqual(['jobs']);
});
