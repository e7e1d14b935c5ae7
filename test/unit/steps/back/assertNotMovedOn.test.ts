import { expect, test } from 'vitest';
import type { KeptProof } from '../../../../src/contract/proof.ts';
import { storedCounts } from '../../../../src/contract/tableCounts.ts';
import { assertNotMovedOn } from '../../../../src/steps/back/assertNotMovedOn.ts';
import type { Survey } from '../../../../src/steps/back/surveyTable.ts';

const PROOF = {
  clock: { at: '2024-01-01T00:00:00.000Z' },
  tables: { runs: storedCounts({ migrated: 10 }) },
} as unknown as KeptProof;

const QUIET: Survey = {
  documents: 12,
  equal: 8,
  inserted: 3,
  changed: 1,
  deleted: 1,
  rows: 10,
  newer: 0,
  written: 0,
};
const judge = (survey: Partial<Survey>) => () => assertNotMovedOn(PROOF, { runs: { ...QUIET, ...survey } }, 'db');

test('what changed in the target alone is let through', () => {
  expect(judge({})).not.toThrow();
});

test.each([
  ['a row that was written since and would be overwritten', { newer: 1, written: 1 }, /runs \(1 rows written\)/],
  ['a row that was deleted since', { rows: 9 }, /runs \(1 rows deleted\)/],
  ['a row that came since, equal to its document', { rows: 11, written: 1 }, /runs \(rows written\)/],
  ['one that came since for another that went', { written: 1 }, /runs \(rows written\)/],
])('%s is refused', (_what, survey, message) => {
  expect(judge(survey)).toThrow(message);
});

test('a table that was not proven may have no rows', () => {
  expect(() => assertNotMovedOn(PROOF, { runs: QUIET, other: { ...QUIET, rows: 1 } }, 'db')).toThrow(/other/);
  expect(() => assertNotMovedOn(PROOF, { runs: QUIET, other: { ...QUIET, rows: 0 } }, 'db')).not.toThrow();
});
