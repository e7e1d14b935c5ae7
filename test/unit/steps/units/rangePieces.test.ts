import { expect, test } from 'vitest';
import type { KeyRange } from '../../../../src/contract/plan.ts';
import type { UnansweredKind } from '../../../../src/contract/unanswered.ts';
import type { CutRange, UnitInput } from '../../../../src/contract/unit.ts';
import type { CollectionDefinition } from '../../../../src/mlflow/layouts/layout.ts';
import type { SourceDatabase } from '../../../../src/source/sourceDatabase.ts';
import { cutRange, doInPieces } from '../../../../src/steps/units/rangePieces.ts';
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

test('pieces that are done in time are followed by larger ones, up to the end of the range', async () => {
  const pieces: KeyRange[] = [];
  const kept: (number | null | undefined)[] = [];
  const range = { lower: null, upper: ['1000'] };
  await doInPieces(
    (ask) => ask(numbersUpTo(1_000)),
    NUMBERS,
    range,
    { position: 0, lower: null, rows: 100 },
    {
      doPiece: async (piece) => void pieces.push(piece),
      keep: (cut) => void kept.push(cut?.rows),
    },
  );
  expect(pieces.map(({ lower }) => lower?.[0] ?? null)).toEqual([null, '100', '200', '400', '600']);
  expect(pieces.map(({ upper }) => upper?.[0])).toEqual(['100', '200', '400', '600', '1000']);
  // Kept first is what comes after a piece that has all of the time and does not end in it.
  expect(kept).toEqual([50, 125, 200, 200, 400, undefined]);
});

test('pieces that a busy moment has halved grow again where each takes most of the time of an attempt', async () => {
  let cut: CutRange | null = { position: 0, lower: null, rows: 4 };
  let attempts = 0;
  for (; cut !== null; attempts++) {
    let pieces = 0;
    const doPiece = async () => {
      if (pieces++ > 0) throw new Error('the time is up');
    };
    const keep = (rest: CutRange | null) => {
      cut = rest;
    };
    const range = { lower: null, upper: ['1000'] };
    await doInPieces((ask) => ask(numbersUpTo(1_000)), NUMBERS, range, cut, { doPiece, keep }).catch(() => undefined);
  }
  expect(attempts).toBeLessThan(25);
});

const NUMBERS = { from: 'numbers t', where: null, cutBy: ['t.n'], orderBy: ['t.n'] } as unknown as CollectionDefinition;

/** A table of the numbers from 0 on, as far as it is asked where a piece ends. */
function numbersUpTo(end: number): SourceDatabase {
  const query = async ({ text }: { readonly text: string }) => {
    const [, lower = '0'] = /t\.n >= '(\d+)'/.exec(text) ?? [];
    const [, offset = '0'] = /offset (\d+)/.exec(text) ?? [];
    const key = Number(lower) + Number(offset);
    return { rows: key < end ? [[String(key)]] : [] };
  };
  return { read: (work: (client: unknown) => unknown) => work({ query }) } as unknown as SourceDatabase;
}
