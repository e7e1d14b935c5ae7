import type { KeyRange } from '../contract/plan.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { countDocuments } from './countRows.ts';
import { rangeStatement } from './rangeStatement.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

/** Rows of a range, which costs a scan of it. */
export async function countRange(
  source: SourceDatabase,
  definition: CollectionDefinition,
  range: KeyRange,
): Promise<number> {
  const rows = rangeStatement({ ...definition, select: ['1'], orderBy: [] }, range, null);
  return await source.read((client) => countDocuments(client, { from: `(${rows}) t`, where: null }));
}

/**
 * The key that so many rows of a range lie before, as a bound of ranges; null where there are no more, or where they all have
 * the key that the range begins with, so that it cannot be cut there.
 */
export async function keyAfter(
  source: SourceDatabase,
  definition: CollectionDefinition,
  range: KeyRange,
  rows: number,
): Promise<readonly string[] | null> {
  const { cutBy } = definition;
  const select = cutBy.map((column) => `(${column})::text`);
  const keys = rangeStatement({ ...definition, select, orderBy: cutBy }, range, null);
  const key = await source.read(async (client) => {
    const found = await client.query<string[]>({ text: `${keys} offset ${rows} limit 1`, rowMode: 'array' });
    return found.rows[0];
  });
  const isFirst = key?.every((text, index) => text === range.lower?.[index]) === true;
  return key === undefined || isFirst ? null : key;
}
