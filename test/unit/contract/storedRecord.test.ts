import { expect, test } from 'vitest';
import { CLAIM } from '../../../src/contract/claim.ts';
import { HEARD_WORD, OPERATOR_WORD } from '../../../src/contract/operatorWord.ts';
import { PLAN_SUMMARY } from '../../../src/contract/plan.ts';
import { PROGRESS } from '../../../src/contract/progress.ts';
import { fromStored, type StoredRecord, toStored } from '../../../src/contract/storedRecord.ts';
import { toProblem } from '../../../src/errors.ts';

const ROWS = { copied: { runs: 4 }, validated: {}, errors: {} };
const AT = '2026-11-27T12:00:00.000Z';

/** Records as they were stored before records had a version, and what they mean now. */
const EARLIER: readonly (readonly [string, StoredRecord<object>, unknown, object])[] = [
  [
    'a claim without ids of collections',
    CLAIM,
    { token: 't', shared: ['runs'], strangers: [] },
    { token: 't', shared: ['runs'], strangers: [] },
  ],
  ['a word without a time', OPERATOR_WORD, { state: 'suspend' }, { word: 'suspend', at: null, by: null }],
  ['a word with a time', OPERATOR_WORD, { word: 'cancel', at: AT, by: 'ann' }, { word: 'cancel', at: AT, by: 'ann' }],
  [
    'a word that was heard',
    HEARD_WORD,
    { word: 'suspend', at: AT, waiter: null },
    { word: 'suspend', at: AT, waiter: null },
  ],
  [
    'progress',
    PROGRESS,
    {
      ...ROWS,
      open: ROWS,
      bytes: 9,
      throttled: 0,
      requestUnits: 0,
      rowsPerSecond: 1,
      bytesPerSecond: 2,
      updatedAt: AT,
    },
    {
      ...ROWS,
      open: ROWS,
      bytes: 9,
      throttled: 0,
      requestUnits: 0,
      rowsPerSecond: 1,
      bytesPerSecond: 2,
      updatedAt: AT,
    },
  ],
  [
    'a summary that does not say what was reached',
    PLAN_SUMMARY,
    { source: 's', target: 't', tableRows: { runs: 4 }, isValidated: true },
    { source: 's', target: 't', tableRows: { runs: 4 }, isValidated: true },
  ],
];

test.each(EARLIER)('%s of an earlier release is read', (_what, record, stored, meant) => {
  expect(fromStored(record, stored)).toEqual(meant);
});

test.each(EARLIER)('%s is stored with its version and read as it was', (_what, record, _stored, meant) => {
  const stored = JSON.parse(JSON.stringify(toStored(record, meant))) as { readonly version: number };
  expect(stored.version).toBe(record.version);
  expect(fromStored(record, stored)).toEqual(meant);
});

/** Why a record cannot be read. */
function refusal(record: StoredRecord<object>, stored: unknown): unknown {
  try {
    return fromStored(record, stored);
  } catch (error) {
    return toProblem(error);
  }
}

test.each(EARLIER)('%s of a newer release is refused: its meaning is not known', (_what, record, stored) => {
  const newer = { ...(stored as object), version: record.version + 1 };
  expect(refusal(record, newer)).toMatchObject({ kind: 'config', message: expect.stringContaining('newer release') });
});

test('a record of another shape is an internal failure that names fields and shows no value', () => {
  const problem = refusal(CLAIM, { token: 7, shared: 'hunter2', strangers: [] });
  expect(problem).toMatchObject({
    kind: 'internal',
    message: 'The record of what was claimed cannot be read: token, shared',
  });
  expect(JSON.stringify(problem)).not.toContain('hunter2');
  expect(refusal(OPERATOR_WORD, null)).toMatchObject({ kind: 'internal' });
});
