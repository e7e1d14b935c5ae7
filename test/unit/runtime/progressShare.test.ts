import { expect, test } from 'vitest';
import { percentOf, secondsLeft, weightsOf } from '../../../src/runtime/progressShare.ts';

const WEIGHTS = { copy: 1, indexes: 2, validate: 1 };
const totals = (copied: number, validated = 0) => ({ total: 100, copied, validated, errors: 0 });
const built = (rows: number) => new Map([['runs', rows]]);

test('each phase has its share: copying, indexes, comparing', () => {
  expect(percentOf('copy', WEIGHTS, totals(50), built(0))).toBe(12);
  expect(percentOf('copy', WEIGHTS, totals(100), built(0))).toBe(25);
  expect(percentOf('copy', WEIGHTS, totals(100), built(50))).toBe(50);
  // Of what is compared beside, each counts for itself.
  expect(percentOf('indexes', WEIGHTS, totals(100, 40), built(50))).toBe(60);
  expect(percentOf('validate', WEIGHTS, totals(100, 1), built(50))).toBe(75);
  expect(percentOf('validate', WEIGHTS, totals(100, 100), built(100))).toBe(100);
});

test('a comparison comes to 100 %, and a run without rows divides by nothing', () => {
  expect(percentOf('validate', { copy: 0, indexes: 0, validate: 5 }, totals(0, 40), built(0))).toBe(40);
  expect(percentOf('copy', WEIGHTS, { total: 0, copied: 0, validated: 0, errors: 0 }, built(0))).toBe(0);
});

const NOTHING_BUILT = { indexed: built(0), seconds: 0 };

test('the time left has the later phases too, and there is none without a pace or while nothing is moved', () => {
  // 50 rows at 10/s, and three times as long as all of copying for what comes later.
  expect(secondsLeft('copy', WEIGHTS, totals(50), 10, NOTHING_BUILT)).toBe(5 + 30);
  expect(secondsLeft('validate', WEIGHTS, totals(100, 90), 10, NOTHING_BUILT)).toBe(1);
  expect(secondsLeft('copy', WEIGHTS, totals(50), 0, NOTHING_BUILT)).toBeNull();
  expect(secondsLeft('indexes', WEIGHTS, totals(100), 10, NOTHING_BUILT)).toBeNull();
});

test('beside the indexes the longer of both is waited for, and an index that takes longer than it weighs goes on', () => {
  // 100 rows at 10/s are compared in 10 s; their indexes weigh twice as much.
  const left = (validated: number, rows: number, seconds: number) =>
    secondsLeft('indexes', WEIGHTS, totals(100, validated), 10, { indexed: built(rows), seconds });
  expect(left(10, 0, 1)).toBe(19);
  expect(left(10, 80, 1)).toBe(9);
  expect(left(10, 50, 4)).toBe(10);
  expect(left(90, 0, 15)).toBe(5);
  expect(left(90, 0, 60)).toBe(12);
  expect(left(0, 0, 1)).toBeNull();
  expect(secondsLeft('indexes', WEIGHTS, totals(100, 90), 0, NOTHING_BUILT)).toBeNull();
});

test('a summary of an earlier release has no share for indexes', () => {
  const summary = { source: 's', target: 't', tableRows: {}, isValidated: true };
  expect(weightsOf(summary)).toEqual({ copy: 1, indexes: 0, validate: 1 });
  expect(weightsOf({ ...summary, isValidated: false })).toEqual({ copy: 1, indexes: 0, validate: 0 });
});
