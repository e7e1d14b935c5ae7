import type pg from 'pg';
import { quoteIdentifier } from '../../quoteSql.ts';
import type { WritableTable } from './writableTables.ts';

/** So long another transaction that has written to one of the tables may take to end. */
const LOCK_TIMEOUT = '10s';

/** The transaction that writes, and the moment that it began to hold the tables. */
export interface Held {
  /** Its own id. */
  readonly transaction: string;
  /** All before this one were over when the tables were held. */
  readonly before: string;
}

/** Keeps everybody else from writing to the tables until the transaction ends; they may go on reading. */
export async function holdTables(client: pg.ClientBase, tables: readonly WritableTable[]): Promise<Held> {
  await client.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
  const names = tables.map(({ name }) => name).join(', ');
  await client.query(`lock table ${names} in share row exclusive mode`);
  const { rows } = await client.query<Held>(
    `select txid_current()::text as transaction, txid_snapshot_xmin(txid_current_snapshot())::text as before`,
  );
  return rows[0] as Held;
}

/**
 * Lets references be checked at the end and not with each row, so that rows may come in any order. The owner of the tables may; with
 * another role rows still come parents first, which fails only where tables refer to each other in a circle. Gives what puts it back as it was, checking all.
 */
export async function deferReferences(
  client: pg.ClientBase,
  schema: string,
  tables: readonly WritableTable[],
): Promise<() => Promise<void>> {
  const { rows } = await client.query<{ table: string; name: string }>(
    `select c.relname as table, k.conname as name
       from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
      where k.contype = 'f' and not k.condeferrable and k.conparentid = 0 and n.nspname = $1 and c.relname = any($2)
        and pg_has_role(c.relowner, 'USAGE')
      order by 1, 2`,
    [schema, tables.map(({ table }) => table.name)],
  );
  const alter = async (how: string) => {
    for (const { table, name } of rows) {
      const relation = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
      await client.query(`alter table ${relation} alter constraint ${quoteIdentifier(name)} ${how}`);
    }
  };
  await alter('deferrable initially deferred');
  return async () => {
    await client.query('set constraints all immediate');
    await alter('not deferrable');
  };
}
