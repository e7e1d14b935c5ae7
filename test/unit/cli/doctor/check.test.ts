import { expect, test } from 'vitest';
import { type Check, checkLines, exitCodeOf, verdictOf } from '../../../../src/cli/doctor/check.ts';

const check = (state: Check['state'], kind?: Check['kind']): Check => ({
  name: 'Target',
  state,
  found: 'this',
  cure: state === 'ok' ? '' : 'Do that',
  ...(kind === undefined ? {} : { kind }),
});

test('4 where an end does not answer, 1 where anything else is missing, 0 where notes are all there is', () => {
  expect(exitCodeOf([check('ok'), check('note')])).toBe(0);
  expect(exitCodeOf([check('missing')])).toBe(1);
  expect(exitCodeOf([check('missing', 'config'), check('ok')])).toBe(1);
  expect(exitCodeOf([check('missing', 'config'), check('missing', 'target-unreachable')])).toBe(4);
});

test('the verdict claims no more than was looked at', () => {
  expect(verdictOf([check('ok'), check('note')])).toBe('Nothing is missing');
  expect(verdictOf([check('ok'), check('missing')])).toBe('Something is missing');
  expect(exitCodeOf([check('ok'), check('unseen')])).toBe(0);
  expect(verdictOf([check('ok'), check('unseen')])).toBe(
    'Nothing is missing of what was looked at; not looked at: target',
  );
  expect(verdictOf([check('missing'), check('unseen')])).toBe('Something is missing; not looked at: target');
});

test('each check is a line, and its cure stands below it', () => {
  expect(checkLines([{ ...check('ok'), name: 'Node' }, check('missing')])).toEqual([
    '✅ Node:   this',
    '❌ Target: this',
    '           -> Do that',
  ]);
});
