import type pg from 'pg';
import type { BackTable } from '../../contract/backReport.ts';
import { findTable, type SourceSchema } from '../../contract/sourceSchema.ts';
import { REBUILD_QUEUE, ROLLUP_TABLES } from '../../mlflow/schema/rollupTables.ts';
import { quoteIdentifier, quoteLiteral } from '../../quoteSql.ts';

/** What the sums of a family are made of. */
const MADE_OF: Readonly<Record<keyof typeof ROLLUP_TABLES, readonly string[]>> = {
  trace_metric: ['trace_info'],
  span_cost: ['trace_info', 'spans'],
  assessment: ['trace_info', 'assessments'],
};

/** Tables that follow from others: the store plugin keeps none of them, and the way back leaves them as they are. */
export const LEFT_TABLES: ReadonlySet<string> = new Set([...Object.values(ROLLUP_TABLES), REBUILD_QUEUE]);

/**
 * Lets MLflow make the daily sums anew that traces, spans or assessments were changed of, by its own queue: until it has, it answers from
 * the rows. Which days are hit is not asked: all that have sums are queued.
 */
export async function queueRollups(
  client: pg.ClientBase,
  source: SourceSchema,
  tables: Readonly<Record<string, BackTable>>,
): Promise<void> {
  if (findTable(source, REBUILD_QUEUE) === undefined) return;
  const name = (table: string) => `${quoteIdentifier(source.schema)}.${quoteIdentifier(table)}`;
  const isChanged = (table: string) => {
    const { inserted, changed, deleted } = tables[table] ?? { inserted: 0, changed: 0, deleted: 0 };
    return inserted + changed + deleted > 0;
  };
  for (const family of Object.keys(MADE_OF) as (keyof typeof MADE_OF)[]) {
    const table = ROLLUP_TABLES[family];
    if (!MADE_OF[family].some(isChanged) || findTable(source, table) === undefined) continue;
    await client.query(
      `insert into ${name(REBUILD_QUEUE)} (experiment_id, rollup_day, rollup_family)
       select distinct experiment_id, rollup_day, ${quoteLiteral(family)} from ${name(table)} on conflict do nothing`,
    );
  }
}
