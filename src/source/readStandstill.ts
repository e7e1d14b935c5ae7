import type pg from 'pg';

/**
 * The present moment of a source that stands still, as a text: the first transaction that is not over, when the server was started, and
 * when it last recovered from a crash. Where a snapshot has the same one later, it has the same rows: nothing that takes a number has ended
 * since, no other server has taken this one's place, and no copy of its files was put back. A number alone tells none of that, as
 * two servers that began as one give the same ones. Null on a standby, and while an older transaction is under way than one that has ended;
 * of the newest one nothing is seen before its end, after which the moment is another.
 */
export async function readStandstill(client: pg.ClientBase): Promise<string | null> {
  const { rows } = await client.query<{ moment: string | null }>(
    `select case when not pg_is_in_recovery() and txid_snapshot_xmin(s) = txid_snapshot_xmax(s)
              then concat_ws(' ', txid_snapshot_xmax(s), extract(epoch from pg_postmaster_start_time()),
                             extract(epoch from pg_stat_get_bgwriter_stat_reset_time())) end as moment
       from txid_current_snapshot() s`,
  );
  return rows[0]?.moment ?? null;
}

/** Does the database have tables, or partitions of some, whose rows are kept by another server, or by an extension that may have its own way of changing them? */
export async function keepsRowsElsewhere(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ elsewhere: boolean }>(
    `select exists (select from pg_foreign_table) or exists (select from pg_extension where extname = 'citus')
         or exists (select from pg_class c join pg_am a on a.oid = c.relam where c.relkind = 'r' and a.amname <> 'heap')
            as elsewhere`,
  );
  return rows[0]?.elsewhere !== false;
}
