import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMongod } from '@mlflow-migrate/dev-servers/findMongod';
import { type Document, MongoClient } from 'mongodb';
import { freePort } from '../../packages/dev-servers/src/process/freePort.ts';
import { type RunningServer, startServer } from '../../packages/dev-servers/src/process/runningServer.ts';

/** A replica set of one test: two members that may be primary, and a third one that is not, and may be behind. */
export interface ReplicaSet extends AsyncDisposable {
  /** Names all members, and no database. */
  readonly uri: string;
  /** Makes the primary step down; another is chosen within seconds. */
  stepDown(): Promise<void>;
  /** Kills the primary of the moment, or the third member, for good. */
  kill(which: 'primary' | 'third'): Promise<void>;
  /** Lets the primary of the moment stand still, or go on. Returns what lets it go on. */
  pausePrimary(): Promise<() => void>;
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
      kill: async (which) => {
        const server = servers[which === 'third' ? 2 : await primaryOf(uri, hosts)];
        server?.kill('SIGKILL');
        await server?.exited;
      },
      pausePrimary: async () => {
        const server = servers[await primaryOf(uri, hosts)];
        server?.kill('SIGSTOP');
        return () => server?.kill('SIGCONT');
      },
      stepDown: async () => void (await command(uri, { replSetStepDown: 5, secondaryCatchUpPeriodSecs: 4 })),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Which of the hosts is the primary now. */
async function primaryOf(uri: string, hosts: readonly string[]): Promise<number> {
  const { primary } = await command(uri, { hello: 1 });
  return hosts.indexOf(String(primary));
}

async function command(uri: string, what: object): Promise<Document> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: COMMAND_TIMEOUT_MS });
  try {
    return await client.db('admin').command({ ...what });
  } finally {
    await client.close();
  }
}
