import { expect, test } from 'vitest';
import { headParts, summaryLine } from '../../../../src/cli/display/progressText.ts';
import { aboutTime } from '../../../../src/report/aboutTime.ts';
import { statusOf } from '../../../cli/fakeApp.ts';

test('validation and index builds are told by their own progress', () => {
  const totals = { total: 632_778, copied: 632_778, validated: 1_500, errors: 0 };
  const run = { totals, percent: 49, secondsLeft: null };
  expect(headParts(statusOf({ ...run, phase: 'validate' })).join(', ')).toBe(
    'Validating, 1,500 of 632,778 records, 49 % of the run',
  );
  const building = {
    ...run,
    totals: { ...totals, validated: 0 },
    phase: 'indexes',
    indexes: { done: 61, total: 65 },
  } as const;
  expect(headParts(statusOf(building)).join(', ')).toBe('Building indexes, 61 of 65 collections, 49 % of the run');
});

test('what is compared while indexes are built is told beside them, with its rate', () => {
  const totals = { total: 632_778, copied: 632_778, validated: 1_500, errors: 0 };
  const run = { totals, percent: 49, secondsLeft: null, rowsPerSecond: 9_000 };
  expect(summaryLine(statusOf({ ...run, phase: 'indexes', indexes: { done: 61, total: 65 } }))).toMatch(
    /^Building indexes, 61 of 65 collections, 1,500 of 632,778 records compared, 49 % of the run, 9,000 records\/s/,
  );
});

test('a run that has ended says what its rate was of, and nothing where there was none', () => {
  const ended = { status: 'completed', phase: 'done', bytesPerSecond: 0, secondsLeft: null } as const;
  expect(summaryLine(statusOf({ ...ended, rowsPerSecond: 60_001 }))).toBe('Done, 60,001 records/s while copying');
  expect(summaryLine(statusOf({ ...ended, kind: 'comparison', rowsPerSecond: 9 }))).toBe(
    'Done, 9 records/s while comparing',
  );
  expect(summaryLine(statusOf({ ...ended, rowsPerSecond: 0 }))).toBe('Done');
});

test('how many of the rows are met once more is told beside them', () => {
  const totals = { total: 1_000, copied: 400, validated: 0, errors: 0 };
  expect(summaryLine(statusOf({ totals, again: 300 }))).toMatch(
    /^Copying, 400 of 1,000 records, 300 of them once more,/,
  );
});

test('while indexes are built, the last rates of the copy are not told', () => {
  const status = statusOf({ phase: 'indexes', rowsPerSecond: 9_000, bytesPerSecond: 9_000 });
  expect(summaryLine(status)).not.toMatch(/9,000|9\.0 kB/);
});

test.each([
  [3, 'a few seconds'],
  [12, 'about 10 s'],
  [44, 'about 40 s'],
  [58, 'about 1 min'],
  [161, 'about 3 min'],
  [1_130, 'about 20 min'],
  [5_200, 'about 85 min'],
  [5_300, 'about 1 h'],
  [11_000, 'about 3 h'],
  [300_000, 'about 3 days'],
])('%i seconds are %s', (seconds, words) => {
  expect(aboutTime(seconds)).toBe(words);
});
