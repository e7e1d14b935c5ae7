import type pg from 'pg';
import { quoteIdentifier } from '../../quoteSql.ts';
import type { WritableTable } from './writableTables.ts';

/** Tables that are not written to, but lose rows or references where a row of one that is goes: ON DELETE CASCADE, SET NULL, SET DEFAULT. With the rows that refer, by table. */
export async function followers(
  client: pg.ClientBase,
  schema: string,
  tables: readonly WritableTable[],
): Promise<ReadonlyMap<string, bigint>> {
  const { rows } = await client.query<{ schema: string; table: string; columns: string[] }>(
    `select n.nspname as schema, c.relname as table,
            array(select a.attname::text from pg_attribute a
                   where a.attrelid = c.oid and a.attnum = any(k.conkey) order by a.attnum) as columns
       from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
       join pg_class p on p.oid = k.confrelid join pg_namespace pn on pn.oid = p.relnamespace
      where k.contype = 'f' and k.confdeltype in ('c', 'n', 'd') and k.conparentid = 0
        and pn.nspname = $1 and p.relname = any($2) and not (n.nspname = $1 and c.relname = any($2))
      order by 1, 2, k.conname`,
    [schema, tables.map(({ table }) => table.name)],
  );
  const found = new Map<string, bigint>();
  for (const { schema: of, table, columns } of rows) {
    const refers = columns.map((column) => `${quoteIdentifier(column)} is not null`).join(' and ');
    const counted = await client.query<{ count: string }>(
      `select count(*)::text as count from ${quoteIdentifier(of)}.${quoteIdentifier(table)} where ${refers}`,
    );
    const name = of === schema ? table : `${of}.${table}`;
    found.set(name, (found.get(name) ?? 0n) + BigInt(counted.rows[0]?.count ?? 0));
  }
  return found;
}
