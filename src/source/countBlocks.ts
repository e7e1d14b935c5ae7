import type pg from 'pg';
import type { CountPosition } from '../contract/planDraft.ts';
import type { SourceDatabase } from './sourceDatabase.ts';
import { isCancelledByServer } from './sourceError.ts';

/** Rows to be counted: FROM clause with the alias `t`, and a condition over it, null for all. */
export interface CountedRows {
  readonly from: string;
  readonly where: string | null;
}

/** Blocks of the first piece, which takes some milliseconds, and the fewest of any. */
const FIRST_PIECE = 4_096;
const LEAST_PIECE = 64;
/** A piece that took less is followed by one of twice the size, and one that took longer by half of it. */
const SHORT_MS = 1_000;
const LONG_MS = 4_000;

/**
 * Counts the rows of a table of so many blocks, from a position on or from the beginning, for as long as `hasTime` says. `keep` is
 * told after each piece how far it came. Every piece has a snapshot of its own: a row that is written anew meanwhile may be
 * counted twice or not at all. A standby that ends a statement, as it stands in the way of what is replayed, is asked for less.
 * Throws what {@link SourceDatabase.read} throws.
 */
export async function countBlocks(
  source: Pick<SourceDatabase, 'read'>,
  counted: CountedRows,
  blocks: number,
  begun: CountPosition | null,
  { hasTime, keep }: { readonly hasTime: () => boolean; readonly keep: (position: CountPosition) => Promise<void> },
): Promise<CountPosition & { readonly isWhole: boolean }> {
  let position = begun ?? { rows: 0, block: 0, size: FIRST_PIECE };
  while (position.block < blocks && hasTime()) {
    const { rows, block, size } = position;
    const began = performance.now();
    const statement = pieceStatement(counted, block, block + size);
    try {
      const found = await source.read((client) => countOf(client, statement));
      const tookMs = performance.now() - began;
      position = { rows: rows + found, block: block + size, size: nextSize(size, tookMs) };
    } catch (error) {
      if (!isCancelledByServer(error) || size <= LEAST_PIECE) throw error;
      position = { rows, block, size: Math.max(LEAST_PIECE, size >> 1) };
    }
    await keep(position);
  }
  return { ...position, isWhole: position.block >= blocks };
}

function nextSize(size: number, tookMs: number): number {
  if (tookMs > LONG_MS) return Math.max(LEAST_PIECE, size >> 1);
  return tookMs < SHORT_MS ? size * 2 : size;
}

async function countOf(client: pg.ClientBase, statement: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(statement);
  return Number(rows[0]?.count ?? 0);
}

/** Counts the rows of blocks from `first` up to `end` (exclusive), reading no others. */
function pieceStatement({ from, where }: CountedRows, first: number, end: number): string {
  const condition = where === null ? '' : ` and (${where})`;
  return `select count(*)::text as count from ${from} where t.ctid >= '(${first},0)'::tid and t.ctid < '(${end},0)'::tid${condition}`;
}
