import type pg from 'pg';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';

/** Sampled keys for each range that is wanted: with a hundred, ranges differ in size by a tenth or so. */
const SAMPLES_PER_RANGE = 100;
const MAX_SAMPLES = 50_000;

/**
 * A sorted random sample of a collection's cut columns, as texts. Costs one scan at most; very large tables are
 * sampled by block, which reads a fraction of them.
 */
export async function sampleKeys(
  client: pg.ClientBase,
  definition: CollectionDefinition,
  rows: number,
  rangeCount: number,
  canSample: boolean,
): Promise<string[][]> {
  const wanted = Math.min(MAX_SAMPLES, rangeCount * SAMPLES_PER_RANGE);
  const percent = Math.min(100, (wanted / Math.max(rows, 1)) * 100);
  const texts = definition.cutBy.map((column) => `(${column})::text`).join(', ');
  const where = definition.where === null ? '' : ` where ${definition.where}`;
  // Rows that lie in one block often belong to one run: a sample of rows cuts more evenly, where a scan is cheap enough.
  const method = rows <= 20_000_000 ? 'bernoulli' : 'system';
  const sample = canSample ? ` tablesample ${method} (${percent}) repeatable (1)` : '';
  const result = await client.query<string[]>({
    text: `select ${texts} from ${definition.rootFrom ?? definition.from}${sample}${where} order by ${definition.cutBy.join(', ')}`,
    rowMode: 'array',
  });
  return result.rows;
}
