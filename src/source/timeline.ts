import type { SourceTimeline } from '../contract/proof.ts';
import { isPermanent } from '../errors.ts';
import type { SourceDatabase } from './sourceDatabase.ts';

/** The source's timeline and its place in it; null on a standby, and where the service or the role does not let it be read. Throws source errors that pass. */
export async function readTimeline(source: SourceDatabase): Promise<SourceTimeline | null> {
  try {
    return await source.read(async (client) => {
      const { rows } = await client.query<{ isStandby: boolean }>('select pg_is_in_recovery() as "isStandby"');
      if (rows[0]?.isStandby !== false) return null;
      // The name of a file of the log begins with its timeline.
      const found = await client.query<SourceTimeline>(
        'select left(pg_walfile_name(lsn), 8) as timeline, lsn::text as position from pg_current_wal_lsn() lsn',
      );
      return found.rows[0] ?? null;
    });
  } catch (error) {
    if (isPermanent(error)) return null;
    throw error;
  }
}
