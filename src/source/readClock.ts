import type pg from 'pg';
import type { SourceClock } from '../contract/sourceClock.ts';

const POSITION = '(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text';

/** Open and prepared transactions that a clock names at most: it travels through histories. */
const MAX_NAMED = 20;

/** Reads the source's clock. What is read later sees everything that was committed by then, from other hosts where `withPosition` asks for what tells that. */
export async function readClock(client: pg.ClientBase, withPosition: boolean): Promise<SourceClock> {
  const result = await client.query<Omit<SourceClock, 'at'> & { at: Date | null }>(
    `select txid_snapshot_xmin(txid_current_snapshot())::text as transaction,
            txid_snapshot_xmax(txid_current_snapshot())::text as next,
            case when pg_is_in_recovery() then pg_last_xact_replay_timestamp() else clock_timestamp() end as at,
            ${withPosition ? POSITION : 'null::text'} as position,
            pg_is_in_recovery() as "isStandby",
            array(select id::text from txid_snapshot_xip(txid_current_snapshot()) id
                   where not exists (select from pg_prepared_xacts p where p.transaction::text::bigint = id & 4294967295)
                   order by id limit ${MAX_NAMED}) as open,
            array(select left(gid, 60) from pg_prepared_xacts where database = current_database() order by prepared limit ${MAX_NAMED}) as prepared`,
  );
  const row = result.rows[0] as Omit<SourceClock, 'at'> & { at: Date | null };
  const at = row.at ?? (row.isStandby ? await lastCheckpoint(client) : null);
  return { ...row, at: at?.toISOString() ?? null };
}

/** When the checkpoint was made that a standby started from: what was committed before it is there, also where nothing was replayed since. Null where the role may not ask. */
async function lastCheckpoint(client: pg.ClientBase): Promise<Date | null> {
  const may = await client.query<{ may: boolean }>(
    "select has_function_privilege('pg_catalog.pg_control_checkpoint()', 'execute') as may",
  );
  if (may.rows[0]?.may !== true) return null;
  const found = await client.query<{ at: Date }>(
    'select checkpoint_time as at from pg_catalog.pg_control_checkpoint()',
  );
  return found.rows[0]?.at ?? null;
}
