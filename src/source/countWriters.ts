import type pg from 'pg';

/** Locks that a statement takes which changes rows or the table itself; vacuum and readers take others. */
const WRITING = ['RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'];

/**
 * Other sessions that hold a lock to write on a table of the schema: their transactions have written there, or are about to. Told
 * by `pg_locks`, which every role may read in full. Prepared transactions belong to no session, and are not counted.
 */
export async function countWriters(client: pg.ClientBase, schema: string): Promise<number> {
  const { rows } = await client.query<{ writers: number }>(
    `select count(distinct l.pid)::int as writers
       from pg_catalog.pg_locks l
       join pg_catalog.pg_class c on c.oid = l.relation
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where l.locktype = 'relation' and l.granted and l.pid <> pg_backend_pid() and l.mode = any($2)
        and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
        and n.nspname = $1 and c.relkind in ('r', 'p')`,
    [schema, WRITING],
  );
  return rows[0]?.writers ?? 0;
}
