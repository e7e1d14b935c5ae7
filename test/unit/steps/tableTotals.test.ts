import { expect, test } from 'vitest';
import type { MigrateState } from '../../../src/contract/migrateState.ts';
import { newState } from '../../../src/orchestrators/state.ts';
import type { PlannedWork } from '../../../src/runtime/services.ts';
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
