import type pg from 'pg';
import { quoteIdentifier } from '../../quoteSql.ts';
import type { WritableTable } from './writableTables.ts';

/**
 * Lets sequences go on behind the greatest number of their columns, so that the next row that is inserted without one finds it free; never
 * back. What a sequence was set to stays so also where the transaction is undone, which leaves a gap and nothing else.
 */
export async function setSequences(client: pg.ClientBase, { columns, name }: WritableTable): Promise<void> {
  for (const { name: column, sequence } of columns) {
    if (sequence === null) continue;
    await client.query(
      `select setval($1::regclass, m.most)
         from (select max(${quoteIdentifier(column)})::int8 as most from ${name}) m
        where m.most >= (select last_value from ${sequence})`,
      [sequence],
    );
  }
}
