import type pg from 'pg';

/**
 * Tables of this database that a session has, or wants, for itself, and the numbers of the server's processes; empty where there is
 * none any more. For a client whose transaction has just failed: it is rolled back.
 */
export async function lockHolders(client: pg.ClientBase): Promise<string> {
  await client.query('rollback');
  const { rows } = await client.query<{ holder: string }>(
    `select distinct c.relname || coalesce(' by process ' || l.pid, ' by a prepared transaction') as holder
       from pg_catalog.pg_locks l join pg_catalog.pg_class c on c.oid = l.relation
      where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and c.relkind in ('r', 'p')
        and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
      order by holder limit 5`,
  );
  return rows.map(({ holder }) => holder).join(', ');
}
