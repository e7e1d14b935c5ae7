import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeStackDirectory } from '@mlflow-migrate/dev-servers';
import { createDatabase, dropDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { MongoClient } from 'mongodb';
import { startServers } from '../src/cli/app/startServers.ts';
import { type ServerPids, serverPids } from './serverPids.ts';

/** The servers that are measured, and a directory for everything that a migration leaves. */
export interface BenchServers {
  readonly directory: string;
  readonly pids: ServerPids;
  /** Makes an empty database in PostgreSQL and returns its URI. It is dropped at the end. */
  makeSource(): Promise<string>;
  /** Hands a URI with a database that is not there yet to `work`, and drops the database afterwards. */
  withTarget<T>(work: (uri: string) => Promise<T>): Promise<T>;
  /** Drops what was made, stops what was started. */
  stop(): Promise<void>;
}

/** Uses the servers that BENCH_POSTGRES_URI and BENCH_MONGODB_URI name, and starts throw-away ones in place of those that are not named. */
export async function openServers(onNotice: (text: string) => void): Promise<BenchServers> {
  const { BENCH_POSTGRES_URI, BENCH_MONGODB_URI } = process.env;
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-bench-'));
  // PostgreSQL runs as another user where this runs as root.
  await chmod(directory, 0o755);
  const stack = await startServers({
    directory,
    postgres: !BENCH_POSTGRES_URI,
    mongodb: !BENCH_MONGODB_URI,
    storage: false,
    password: randomBytes(18).toString('base64url'),
    isThrowAway: true,
    onNotice,
  });
  const adminUri = BENCH_POSTGRES_URI || stack.postgres!.uri;
  const mongodbUri = BENCH_MONGODB_URI || stack.mongodb!.uri;
  const mongodb = new MongoClient(mongodbUri);
  const sources: string[] = [];
  return {
    directory,
    pids: await serverPids(adminUri, mongodb),
    async makeSource() {
      const name = uniqueName();
      sources.push(name);
      return createDatabase(adminUri, name);
    },
    async withTarget(work) {
      const name = uniqueName();
      try {
        // What earlier work has left to be written to disk must not fall into this one's time.
        await mongodb.db('admin').command({ fsync: 1 });
        return await work(withDatabase(mongodbUri, name));
      } finally {
        await mongodb.db(name).dropDatabase();
      }
    },
    async stop() {
      await mongodb.close();
      for (const name of sources) await dropDatabase(adminUri, name);
      await stack.stop();
      await removeStackDirectory(directory);
    },
  };
}

function uniqueName(): string {
  return `bench_${randomBytes(6).toString('hex')}`;
}
