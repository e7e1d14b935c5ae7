import type pg from 'pg';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';

/** Sampled keys for each range that is wanted: with a hundred, ranges differ in size by a tenth or so. */
const SAMPLES_PER_RANGE = 100;
const MAX_SAMPLES = 50_000;

/**
 * How keys are picked: single rows, at the cost of a scan; the rows of some blocks, which reads these alone; or every so manieth row,
 * of tables of other servers, which are read as a whole.
 */
export type SampleWay = 'rows' | 'blocks' | 'counted';

/** A sorted sample of a collection's cut columns, as texts. */
export async function sampleKeys(
  client: pg.ClientBase,
  definition: Pick<CollectionDefinition, 'rootFrom' | 'from' | 'where' | 'cutBy'>,
  { rows, rangeCount, way }: { readonly rows: number; readonly rangeCount: number; readonly way: SampleWay },
): Promise<string[][]> {
  const wanted = Math.min(MAX_SAMPLES, rangeCount * SAMPLES_PER_RANGE);
  const texts = definition.cutBy.map((column) => `(${column})::text`).join(', ');
  const result = await client.query<string[]>({
    text: `select ${texts} from ${sampledFrom(definition, wanted / Math.max(rows, 1), way)} order by ${definition.cutBy.join(', ')}`,
    rowMode: 'array',
  });
  return result.rows;
}

/** FROM and WHERE that leave about this share of the rows. */
function sampledFrom(
  { rootFrom, from, where }: Pick<CollectionDefinition, 'rootFrom' | 'from' | 'where'>,
  share: number,
  way: SampleWay,
): string {
  const table = rootFrom ?? from;
  const condition = where === null ? '' : ` where ${where}`;
  if (way === 'counted') {
    const every = Math.max(1, Math.floor(1 / share));
    const numbered = `select t.*, row_number() over () as "migration sample" from ${table}${condition}`;
    return `(${numbered}) t where t."migration sample" % ${every} = 0`;
  }
  const method = way === 'rows' ? 'bernoulli' : 'system';
  return `${table} tablesample ${method} (${Math.min(100, share * 100)}) repeatable (1)${condition}`;
}
