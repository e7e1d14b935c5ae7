import type { KeyRange } from '../../contract/plan.ts';
import type { CutRange, UnitInput } from '../../contract/unit.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { digestAfter, digestWidth } from '../../plan/digestRanges.ts';
import { countRange, keyAfter } from '../../source/keyAfter.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';

/** The next rows of a range: `upper` is where the rest begins, null for the last of them. */
interface Piece {
  readonly upper: readonly string[] | null;
  /** How many rows were meant; 0 where the range cannot be cut. */
  readonly rows: number;
}

/** Asks the source, and once more where its login was renewed. */
export type AskSource = <T>(ask: (source: SourceDatabase) => Promise<T>) => Promise<T>;

/** An attempt that the host ended has gone on for far longer than a piece should: the next one's is a fraction of it. */
const SMALLER = 4;

/** What an attempt begins with after one that did a single piece, in parts of that. */
const LARGER = 1.25;

/**
 * The range that is done in pieces in this attempt, null where none is. An attempt that the host ended says nothing of what took so
 * long: it is taken to be the range that was in pieces already, which get smaller, or else the first one that was left.
 */
export function cutRange({ cut, lost, only }: UnitInput): CutRange | null {
  if (lost?.how !== 'timed-out') return cut ?? null;
  const before = cut ?? { position: only?.[0] ?? 0, lower: null, rows: null };
  // What cannot be cut at all stays so.
  const rows = before.rows && Math.ceil(before.rows / SMALLER ** (lost.times - (before.lost ?? 0)));
  return { ...before, rows, lost: lost.times };
}

/**
 * Does a range piece by piece. `keep` is told before each piece where the range stands, for whoever goes on; null when all of it is
 * done. Throws what `doPiece` throws.
 */
export async function doInPieces(
  askSource: AskSource,
  definition: CollectionDefinition,
  range: KeyRange,
  cut: CutRange,
  {
    doPiece,
    keep,
  }: { readonly doPiece: (piece: KeyRange) => Promise<void>; readonly keep: (cut: CutRange | null) => void },
): Promise<void> {
  let rest: CutRange = cut;
  for (let done = 0; ; done++) {
    const left = { lower: rest.lower ?? range.lower, upper: range.upper };
    const { rows: wanted, lost = 0 } = rest;
    const { upper, rows } = await askSource((source) => nextPiece(source, definition, left, wanted, lost));
    // A piece that has all of the time and is not done in it is halved, in the end to none.
    if (done === 0) keep({ ...rest, rows: Math.floor(rows / 2) });
    await doPiece({ lower: left.lower, upper: upper ?? range.upper });
    if (upper === null) break;
    // A busy moment must not leave the rest in crumbs: after two that were done in time come larger ones.
    rest = { ...rest, lower: upper, rows: done % 2 === 0 ? rows : rows * 2 };
    // Where each piece takes most of the time, as it reads all of its table, no attempt comes to two: what a busy moment has
    // halved grows from attempt to attempt then.
    keep(done === 0 ? { ...rest, rows: Math.ceil(rows * LARGER) } : rest);
  }
  keep(null);
}

async function nextPiece(
  source: SourceDatabase,
  definition: CollectionDefinition,
  rest: KeyRange,
  wanted: number | null,
  lost: number,
): Promise<Piece> {
  if (definition.cutBy.length === 0 || wanted === 0) return { upper: null, rows: 0 };
  if (definition.isCutByDigest === true) {
    const width = wanted ?? Math.ceil(digestWidth(rest) / 2 / SMALLER ** lost);
    return { upper: digestAfter(rest, width), rows: width };
  }
  const rows = wanted ?? Math.ceil((await countRange(source, definition, rest)) / 2 / SMALLER ** lost);
  if (rows === 0) return { upper: null, rows };
  return { upper: await keyAfter(source, definition, rest, rows), rows };
}
