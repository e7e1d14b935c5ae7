import { expect, test } from 'vitest';
import type { MigrateState } from '../../../src/contract/migrateState.ts';
import { newState } from '../../../src/orchestrators/state.ts';
import type { PlannedWork } from '../../../src/runtime/services.ts';
import { followedRows } from '../../../src/steps/report/followedRows.ts';
import { tableTotals } from '../../../src/steps/report/tableTotals.ts';
import { REQUEST } from '../../orchestration/request.ts';

const planned = {
  plan: { tableRows: { alembic_version: 1, runs: 9 }, unreadable: {} },
  layout: { markerTables: new Set(['alembic_version']) },
} as unknown as PlannedWork;
const begun = newState({ df: { currentUtcDateTime: new Date(0) } } as never);
const state: MigrateState = {
  ...begun,
  writer: 'token',
  problems: [{ kind: 'config', message: 'The target is gone', hint: 'Start again' }],
};

test('the revision of a run that failed counts where it was found in the target, and was written where nothing could be asked', () => {
  const migrated = (standing: Parameters<typeof tableTotals>[3]) =>
    Object.values(tableTotals(REQUEST, state, planned, standing).tables).map((totals) => totals.migrated);
  expect(migrated({ counted: { alembic_version: 0, runs: 0 }, atLeast: {} })).toEqual([0, 0]);
  expect(migrated({ counted: { alembic_version: 1, runs: 4 }, atLeast: {} })).toEqual([1, 4]);
  expect(migrated(null)).toEqual([1, 0]);
});

test('a run that followed its source has as many rows as its proof and its passes have seen, and none shows more than there are', () => {
  const following = { passesBefore: 1, rows: 5, begunAt: '', lookedAt: '', endedAt: '', beside: { runs: 1 } };
  const sums = (tables: MigrateState['validated']['tables']) => ({ ...begun.validated, tables });
  const followed: MigrateState = {
    ...state,
    endedIn: 'follow',
    following,
    validated: sums({ runs: [13, 0, 0, 5, 5] }),
    passed: sums({ runs: [2, 0, 0, 2, 2] }),
    deleted: { runs: 3 },
  };
  const runs = (of: MigrateState, counted: Record<string, number>) => {
    const { total, migrated } = tableTotals(REQUEST, of, planned, { counted, atLeast: {} }).tables['runs'] ?? {};
    return [total, migrated];
  };
  expect(runs(followed, { runs: 13 })).toEqual([13, 13]);
  expect(runs(followed, { runs: 14 })).toEqual([14, 14]);
  expect(runs(followed, { runs: 12 })).toEqual([13, 12]);
  expect(runs(followed, {})).toEqual([13, 13]);
  expect(followedRows({ ...followed, replans: 1 }, 'runs')).toBeUndefined();
  expect(runs(state, { runs: 11 })).toEqual([9, 9]);
});
