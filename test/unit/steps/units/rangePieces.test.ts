import { expect, test } from 'vitest';
import type { UnansweredKind } from '../../../../src/contract/unanswered.ts';
import type { CutRange, UnitInput } from '../../../../src/contract/unit.ts';
import { cutRange } from '../../../../src/steps/units/rangePieces.ts';
import { REQUEST } from '../../../orchestration/request.ts';

const UNIT: UnitInput = {
  id: 'm',
  planStamp: 'stamp',
  request: REQUEST,
  writer: null,
  notBefore: null,
  unit: 0,
  only: [3, 4],
  skip: [],
  since: null,
};
const CUT: CutRange = { position: 4, lower: ['k'], rows: 6_400 };
const lost = (times: number, how: UnansweredKind = 'timed-out') => ({ times, how });

test('a unit that the host ended is done in pieces, from the first range on that was left', () => {
  expect(cutRange(UNIT)).toBeNull();
  expect(cutRange({ ...UNIT, lost: lost(1, 'died') })).toBeNull();
  expect(cutRange({ ...UNIT, lost: lost(1) })).toEqual({ position: 3, lower: null, rows: null, lost: 1 });
  expect(cutRange({ ...UNIT, only: null, lost: lost(1) })).toMatchObject({ position: 0 });
});

test('pieces get smaller each time that the host ended an attempt, and only then', () => {
  expect(cutRange({ ...UNIT, cut: CUT })).toEqual(CUT);
  expect(cutRange({ ...UNIT, cut: CUT, lost: lost(1, 'died') })).toEqual(CUT);
  const once = cutRange({ ...UNIT, cut: CUT, lost: lost(1) });
  expect(once).toEqual({ ...CUT, rows: 1_600, lost: 1 });
  // The message is delivered as it was when the next attempt is lost too: what it holds is from before both.
  expect(cutRange({ ...UNIT, cut: CUT, lost: lost(2) })).toEqual({ ...CUT, rows: 400, lost: 2 });
  // What was handed back by an attempt that answered has been made smaller already.
  expect(cutRange({ ...UNIT, cut: { ...CUT, rows: 1_600, lost: 1 }, lost: lost(1) })).toMatchObject({ rows: 1_600 });
});

test('a piece keeps a row at least, and a range that cannot be cut is not', () => {
  expect(cutRange({ ...UNIT, cut: { ...CUT, rows: 2 }, lost: lost(2) })).toMatchObject({ rows: 1 });
  expect(cutRange({ ...UNIT, cut: { ...CUT, rows: 0 }, lost: lost(1) })).toMatchObject({ rows: 0 });
});
