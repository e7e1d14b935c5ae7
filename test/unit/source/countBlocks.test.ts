import type pg from 'pg';
import { expect, test } from 'vitest';
import type { CountPosition } from '../../../src/contract/planDraft.ts';
import { countBlocks } from '../../../src/source/countBlocks.ts';
import { sourceError } from '../../../src/source/sourceError.ts';

const ROWS_PER_BLOCK = 10;
const COUNTED = { from: 'public.params t', where: null };

/** A standby that ends statements which read more blocks than it allows. */
function standby(mostBlocks: number) {
  const pieces: (readonly [first: number, end: number])[] = [];
  const query = async (statement: string) => {
    const [first = 0, end = 0] = [...statement.matchAll(/'\((\d+),0\)'/g)].map(([, block]) => Number(block));
    if (end - first > mostBlocks) throw Object.assign(new Error(), { code: '40001' });
    pieces.push([first, end]);
    return { rows: [{ count: String((end - first) * ROWS_PER_BLOCK) }] };
  };
  const read = async <T>(work: (client: pg.PoolClient) => Promise<T>) => {
    try {
      return await work({ query } as unknown as pg.PoolClient);
    } catch (error) {
      throw sourceError(error, 'here');
    }
  };
  return { pieces, read };
}

async function count(
  source: ReturnType<typeof standby>,
  blocks: number,
  { begun = null, turns = Number.POSITIVE_INFINITY }: { begun?: CountPosition | null; turns?: number } = {},
) {
  let left = turns;
  const kept: CountPosition[] = [];
  const pace = {
    hasTime: () => left-- > 0,
    keep: async (position: CountPosition) => void kept.push(position),
  };
  return { kept, ...(await countBlocks(source, COUNTED, blocks, begun, pace)) };
}

test('pieces follow each other without a gap up to the last block', async () => {
  const source = standby(Number.POSITIVE_INFINITY);
  const { isWhole, kept } = await count(source, 100_000);
  expect(isWhole).toBe(true);
  expect(source.pieces[0]?.[0]).toBe(0);
  source.pieces.slice(1).forEach(([first], index) => {
    expect(first).toBe(source.pieces[index]?.[1]);
  });
  expect(source.pieces.at(-1)?.[1]).toBeGreaterThanOrEqual(100_000);
  expect(kept).toHaveLength(source.pieces.length);
});

test('a standby that ends long reads is asked for less, until it lets them through', async () => {
  const source = standby(1_000);
  const { isWhole, rows } = await count(source, 4_096);
  expect(isWhole).toBe(true);
  expect(rows).toBe((source.pieces.at(-1)?.[1] ?? 0) * ROWS_PER_BLOCK);
  await expect(count(standby(1), 4_096)).rejects.toMatchObject({ kind: 'source-unreachable' });
});

test('a count goes on where the one before stopped, with pieces of that size', async () => {
  const source = standby(1_000);
  const { kept, isWhole, rows, ...position } = await count(source, 4_096, { turns: 4 });
  expect(isWhole).toBe(false);
  expect(kept.at(-1)).toEqual({ ...position, rows });
  const { rows: all } = await count(source, 4_096, { begun: { ...position, rows } });
  expect(all).toBe((source.pieces.at(-1)?.[1] ?? 0) * ROWS_PER_BLOCK);
  expect(source.pieces.every(([first], index) => index === 0 || first === source.pieces[index - 1]?.[1])).toBe(true);
});
