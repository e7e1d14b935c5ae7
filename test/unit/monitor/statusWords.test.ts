import { expect, test } from 'vitest';
import type { MigrationStatus } from '../../../src/contract/migrationStatus.ts';
import {
  announcement,
  elapsedWords,
  interruptionWords,
  kindWord,
  share,
  statusWord,
  tableWords,
  timeLeftWords,
  titleWords,
  wholePercent,
} from '../../../src/monitor/statusWords.ts';
import { sampleStatus } from '../../monitor/sampleStatus.ts';

test('a status that a newer app has is told as it is', () => {
  expect(statusWord('completed-with-errors')).toBe('Completed with errors');
  expect(statusWord('hovering' as MigrationStatus['status'])).toBe('hovering');
});

test('what was asked for is told where it is not to migrate', () => {
  expect((['migration', 'comparison', 'analysis'] as const).map(kindWord)).toEqual(['', 'Comparison', 'Dry run']);
});

test('only the end is 100 %', () => {
  expect(wholePercent(99.99)).toBe('99 %');
  expect(wholePercent(100)).toBe('100 %');
});

test.each<[string, Partial<MigrationStatus>, string]>([
  ['that runs', {}, 'about 1 min left'],
  ['that has just begun', { status: 'pending', secondsLeft: null }, 'time left not known yet'],
  ['that is suspended', { status: 'suspended' }, 'suspended'],
  ['that has ended', { status: 'failed', secondsLeft: null }, ''],
  ['whose process is dead', { status: 'interrupted', silentSince: '2026-11-24T12:00:00.000Z' }, 'interrupted'],
])('beside the percentage of a migration %s stands "%s"', (_which, changes, words) => {
  expect(timeLeftWords(sampleStatus(changes))).toBe(words);
});

test('the title and the announcement tell how far it is, then how it ended', () => {
  expect(titleWords(sampleStatus({ percent: 20.9 }))).toBe('20 % · nightly');
  expect(announcement(sampleStatus())).toBe('Running, phase copy');
  const ended = sampleStatus({ status: 'cancelled', phase: 'done' });
  expect(titleWords(ended)).toBe('Cancelled · nightly');
  expect(announcement(ended)).toBe('Cancelled');
});

test('the time counts on until the end', () => {
  const startedAt = '2026-11-24T00:00:00.000Z';
  const now = Date.parse('2026-11-24T00:02:03.000Z');
  expect(elapsedWords(sampleStatus({ startedAt }), now)).toBe('2 min 03 s');
  expect(elapsedWords(sampleStatus({ startedAt, finishedAt: '2026-11-24T00:00:09.000Z' }), now)).toBe('9 s');
  expect(elapsedWords(sampleStatus({ startedAt: null }), now)).toBe('–');
});

test('an interruption names the way on, with and without a sign of life', () => {
  expect(interruptionWords(sampleStatus({ lastSignAt: null }))).toMatch(
    /^No process has given a sign of life\. It goes on/,
  );
  expect(interruptionWords(sampleStatus())).toMatch(/^No process .* since .*2026.*--resume --name nightly\.$/);
});

test('a share is never over 100 and is 0 of nothing', () => {
  expect([share(1, 4), share(5, 4), share(5, 0)]).toEqual([25, 100, 0]);
});

test.each([
  [{ total: 6013, copied: 20, validated: 0, errors: 0 }, '20 of 6,013'],
  [{ total: 6013, copied: 6013, validated: 6012, errors: 0 }, '6,013 of 6,013, 99 % validated'],
  [{ total: 0, copied: 0, validated: 0, errors: 1234 }, '0 of 0, 1,234 errors'],
])('a table is told in counts: %o', (progress, words) => {
  expect(tableWords(progress)).toBe(words);
});
