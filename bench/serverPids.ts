import { readFileSync } from 'node:fs';
import type { MongoClient } from 'mongodb';
import pg from 'pg';
import { parseStat } from './processStat.ts';

/** Process ids of the measured servers; null where a server is not on this machine, or the machine has no `/proc`. */
export interface ServerPids {
  readonly mongod: number | null;
  readonly postgres: number | null;
}

/** Asks the servers themselves, as they may be anybody's. */
export async function serverPids(postgresUri: string, mongodb: MongoClient): Promise<ServerPids> {
  const { pid } = await mongodb.db('admin').command({ serverStatus: 1 });
  const client = new pg.Client({ connectionString: postgresUri });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const backend = rows[0]?.pid ?? 0;
    return {
      mongod: nameOf(Number(pid)).startsWith('mongod') ? Number(pid) : null,
      postgres: nameOf(backend) === 'postgres' ? parseStat(readFileSync(`/proc/${backend}/stat`, 'utf8')).parent : null,
    };
  } finally {
    await client.end();
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
