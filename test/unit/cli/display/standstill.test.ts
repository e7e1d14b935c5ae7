import { expect, test } from 'vitest';
import { Standstill } from '../../../../src/cli/display/standstill.ts';
import { statusOf } from '../../../cli/fakeApp.ts';

const withCopied = (copied: number) => statusOf({ totals: { total: 100, copied, validated: 0, errors: 0 } });

test('a run that should move rows and moves none is told after a while, and not once it moves again', () => {
  const standstill = new Standstill();
  expect(standstill.add(withCopied(5), 0)).toBeNull();
  expect(standstill.add(withCopied(5), 9_000)).toBeNull();
  expect(standstill.add(withCopied(5), 40_000)).toBe('nothing has moved for about 40 s');
  expect(standstill.add(withCopied(6), 41_000)).toBeNull();
});

test('rows that are met once more, as they were broken off, move', () => {
  const standstill = new Standstill();
  for (let second = 0; second <= 60; second += 5) {
    expect(standstill.add({ ...withCopied(90), again: 80 - second }, second * 1_000)).toBeNull();
  }
});

test('ends that are long in answering are waited for with a word, the same each time', () => {
  const standstill = new Standstill();
  const checking = statusOf({ phase: 'preflight' });
  expect(standstill.add(checking, 0)).toBeNull();
  expect(standstill.add(checking, 4_000)).toBeNull();
  const told = standstill.add(checking, 6_000);
  expect(told).toContain('an end that has not answered is asked again');
  expect(standstill.add(checking, 16_000)).toBe(told);
  expect(standstill.add(statusOf({ phase: 'plan' }), 17_000)).toBeNull();
});

test('a phase that moves no rows, and a run that waits, are no standstill', () => {
  for (const quiet of [statusOf({ phase: 'indexes' }), statusOf({ status: 'suspended' })]) {
    const standstill = new Standstill();
    standstill.add(quiet, 0);
    expect(standstill.add(quiet, 600_000)).toBeNull();
  }
});
