import { MongoServerError } from 'mongodb';
import { expect, test } from 'vitest';
import { isPermanent } from '../../../src/errors.ts';
import { failureKind } from '../../../src/target/failureKind.ts';
import { isPassingState, showCode, sqlStateOf } from '../../../src/target/sqlState.ts';
import { targetError } from '../../../src/target/targetError.ts';

/** Codes that the engine was seen to answer, and what PostgreSQL says by them (cosmos-facts.md §13). */
const SEEN: readonly (readonly [code: number, state: string, passes: boolean])[] = [
  [50_463_173, '57P03', true],
  [16_908_741, '57P01', true],
  [33_685_957, '57P02', true],
  [100_663_808, '08006', true],
  [16_777_728, '08001', true],
  [50_332_160, '08003', true],
  [16_908_292, '40P01', true],
  [16_777_220, '40001', true],
  [12_485, '53300', true],
  [50_463_045, '55P03', true],
  [4_293, '53100', false],
  [2_600, 'XX000', false],
];

test.each(SEEN)('%d is SQLSTATE %s', (code, state, passes) => {
  expect(sqlStateOf(code)).toBe(state);
  expect(isPassingState(code)).toBe(passes);
  expect(failureKind(new MongoServerError({ ok: 0, code }))).toBe(passes ? 'unknown' : 'permanent');
  const told = targetError(new MongoServerError({ ok: 0, code, errmsg: 'with a value' }), 'db:1/d');
  expect(isPermanent(told)).toBe(!passes);
  expect(told.message).toContain(`(code ${code}, SQLSTATE ${state})`);
  expect(told.message).not.toContain('value');
});

test('codes of MongoDB pack no state', () => {
  const own = [1, 2, 13, 18, 26, 43, 50, 67, 85, 86, 112, 115, 121, 261, 334, 8_000, 9_001, 10_003, 10_107, 10_334];
  const further = [
    11_000, 11_600, 11_602, 13_297, 13_388, 13_435, 13_436, 16_500, 17_280, 17_419, 28_714, 40_324, 40_333,
  ];
  expect([...own, ...further].map(sqlStateOf).filter((state) => state !== null)).toEqual([]);
  expect(showCode(11_000)).toBe('code 11000');
});

test('a full disk of the engine is told as one', () => {
  const told = targetError(new MongoServerError({ ok: 0, code: 4_293 }), 'db:1/d');
  expect(told).toMatchObject({ kind: 'target-refused', message: expect.stringContaining('no room left on its disk') });
});
