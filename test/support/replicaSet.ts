import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMongod } from '@mlflow-migrate/dev-servers/findMongod';
import { MongoClient } from 'mongodb';
import { freePort } from '../../packages/dev-servers/src/process/freePort.ts';
import { type RunningServer, startServer } from '../../packages/dev-servers/src/process/runningServer.ts';

/** A replica set of one test: two members that may be primary, and one that is always behind. */
export interface ReplicaSet extends AsyncDisposable {
  /** Names all members, and no database. */
  readonly uri: string;
  /** Makes the primary step down; another is chosen within seconds. */
  stepDown(): Promise<void>;
}

const NAME = 'rs';
const COMMAND_TIMEOUT_MS = 30_000;

/** Starts three mongods and waits for a primary. `lagSeconds`: so far the third one is behind. */
export async function startReplicaSet(lagSeconds: number): Promise<ReplicaSet> {
  const directories: string[] = [];
  const servers: Omit<RunningServer, 'port'>[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    for (const directory of directories) await rm(directory, { recursive: true, force: true });
  };
  try {
    const ports: number[] = [];
    for (let member = 0; member < 3; member++) {
      const directory = await mkdtemp(join(tmpdir(), 'mlflow-replica-'));
      directories.push(directory);
      const port = await freePort();
      ports.push(port);
      const { server } = await startServer({
        name: 'mongod',
        file: await findMongod(),
        args: [
          ...['--dbpath', directory, '--bind_ip', '127.0.0.1', '--port', String(port), '--replSet', NAME],
          ...['--nounixsocket', '--quiet', '--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '128'],
          ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
        ],
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
        isReady: (line) => line.includes('"Waiting for connections"'),
        stopSignals: [{ signal: 'SIGKILL', waitMs: 5_000 }],
      });
      servers.push(server);
    }
    const hosts = ports.map((port) => `127.0.0.1:${port}`);
    const members = hosts.map((host, _id) =>
      _id < 2 ? { _id, host } : { _id, host, priority: 0, secondaryDelaySecs: lagSeconds },
    );
    const uri = `mongodb://${hosts.join(',')}/?replicaSet=${NAME}`;
    await command(`mongodb://${hosts[0]}/?directConnection=true`, {
      replSetInitiate: { _id: NAME, members, settings: { electionTimeoutMillis: 2_000 } },
    });
    await command(uri, { ping: 1 });
    return {
      uri,
      stepDown: () => command(uri, { replSetStepDown: 5, secondaryCatchUpPeriodSecs: 4 }),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function command(uri: string, what: object): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: COMMAND_TIMEOUT_MS });
  try {
    await client.db('admin').command({ ...what });
  } finally {
    await client.close();
  }
}
