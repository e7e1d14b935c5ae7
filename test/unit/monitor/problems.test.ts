// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import { problemsOf, renderProblems } from '../../../src/monitor/problems.ts';
import { sampleStatus } from '../../monitor/sampleStatus.ts';
import { isHidden, openPage, textsOf } from './openPage.ts';

beforeEach(openPage);

const SILENT = '2026-11-24T12:00:00.000Z';
const whats = (changes: Parameters<typeof sampleStatus>[0]) =>
  problemsOf(sampleStatus(changes)).map(({ what }) => what);

test('what ended a run comes first, then what else is wrong, each with its cure', () => {
  const failures = [{ kind: 'internal', message: 'It broke', hint: 'Mend it' }] as const;
  const totals = { total: 9, copied: 6, validated: 6, errors: 3 };
  const problems = problemsOf(sampleStatus({ status: 'failed', failures, totals, silentSince: SILENT }));
  expect(problems.map(({ what }) => what)).toEqual(['It broke', '3 rows did not arrive, or differ']);
  expect(problems.every(({ cure }) => cure.length > 0)).toBe(true);
});

test('silence is told while a run is at work', () => {
  expect(whats({ silentSince: SILENT })).toEqual([expect.stringMatching(/^No sign of life since .*2026/)]);
  expect(whats({ silentSince: SILENT, status: 'interrupted' })).toEqual(['Its process is dead']);
  expect(whats({ targetSilence: 'no answer from h:1' })).toEqual(["Of the target's members: no answer from h:1"]);
  expect(whats({})).toEqual([]);
});

test('what was said before is not said anew', () => {
  const status = sampleStatus({ silentSince: SILENT });
  renderProblems(status);
  expect(isHidden('#problems')).toBe(false);
  const [item] = document.querySelectorAll('#problems li');
  const replaced = vi.spyOn(document.querySelector('#problems') as Element, 'replaceChildren');
  renderProblems(status);
  expect(replaced).not.toHaveBeenCalled();
  expect(document.querySelector('#problems li')).toBe(item);
  renderProblems(sampleStatus());
  expect(textsOf('#problems li')).toEqual([]);
});

test('many problems are folded behind the first four, and a single one more is not', () => {
  const failures = Array.from({ length: 6 }, (_, index) => ({
    kind: 'internal' as const,
    message: `It broke ${index}`,
    hint: 'Mend it',
  }));
  renderProblems(sampleStatus({ status: 'failed', failures }));
  expect(textsOf('#problems > li > p:first-child')).toEqual(['It broke 0', 'It broke 1', 'It broke 2', 'It broke 3']);
  expect(isHidden('#more-problems')).toBe(false);
  expect(textsOf('#more-problems-count')).toEqual(['2 more problems']);
  expect(textsOf('#more-problems-list > li')).toHaveLength(2);
  renderProblems(sampleStatus({ status: 'failed', failures: failures.slice(0, 5) }));
  expect(textsOf('#problems > li')).toHaveLength(5);
  expect(isHidden('#more-problems')).toBe(true);
});

test('a command in a cure is code, which is not broken at its dashes', () => {
  renderProblems(sampleStatus({ status: 'interrupted' }));
  expect(textsOf('#problems code')).toEqual(['mlflow-migrate --resume --name nightly']);
  expect(textsOf('#problems .soft')[0]).toMatch(/a local one with mlflow-migrate --resume --name nightly\.$/);
});
