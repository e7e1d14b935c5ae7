import type pg from 'pg';
import { quoteIdentifier } from '../../quoteSql.ts';
import type { WritableTable } from './writableTables.ts';

/** What may be seen of a table that follows others. */
export interface FollowerState {
  readonly rows: bigint;
  /** Rows that this transaction has written, whoever asked for it. */
  readonly written: bigint;
}

/**
 * Tables that are not written to, but lose or change rows where a row of one that is goes or gets another key: their references
 * cascade, or set something else. By table, as the transaction sees them.
 */
export async function followers(
  client: pg.ClientBase,
  schema: string,
  tables: readonly WritableTable[],
): Promise<ReadonlyMap<string, FollowerState>> {
  const { rows } = await client.query<{ schema: string; table: string }>(
    `select distinct n.nspname as schema, c.relname as table
       from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
       join pg_class p on p.oid = k.confrelid join pg_namespace pn on pn.oid = p.relnamespace
      where k.contype = 'f' and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd')) and k.conparentid = 0
        and pn.nspname = $1 and p.relname = any($2) and not (n.nspname = $1 and c.relname = any($2))
      order by 1, 2`,
    [schema, tables.map(({ table }) => table.name)],
  );
  const found = new Map<string, FollowerState>();
  for (const { schema: of, table } of rows) {
    const counted = await client.query<{ rows: string; written: string }>(
      // A row keeps the lower 32 bits of the transaction that wrote it.
      `select count(*) as rows, count(*) filter (where t.xmin::text = (txid_current() % (1::int8 << 32))::text) as written
         from ${quoteIdentifier(of)}.${quoteIdentifier(table)} t`,
    );
    const { rows: all = 0, written = 0 } = counted.rows[0] ?? {};
    found.set(of === schema ? table : `${of}.${table}`, { rows: BigInt(all), written: BigInt(written) });
  }
  return found;
}
