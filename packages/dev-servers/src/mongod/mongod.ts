import { resolve } from 'node:path';
import { MongoClient, MongoServerError } from 'mongodb';
import { makeDirectory } from '../makeDirectory.ts';
import { freePort } from '../process/freePort.ts';
import { onFreePort, type RunningServer, startServer, whenDirectoryIsFree } from '../process/runningServer.ts';
import { type FindMongodOptions, findMongod } from './findMongod.ts';

export interface MongodOptions {
  /** Holds the databases; made when missing, gone on with when it holds some already. */
  readonly directory: string;
  /** Found by {@link findMongod} unless given. */
  readonly mongodPath?: string | undefined;
  /** For a restart on the port of before; otherwise the system chooses. */
  readonly port?: number | undefined;
  /** Tried first, where `port` is not given; the system chooses another one when somebody has it. */
  readonly preferredPort?: number | undefined;
  /** Turns authentication on; the user is made at the first start, may do everything, and lives in `admin`. URL-safe characters only. */
  readonly login?: { readonly user: string; readonly password: string } | undefined;
  /** As in {@link FindMongodOptions}. */
  readonly onNotice?: ((text: string) => void) | undefined;
  /** As in {@link FindMongodOptions}. */
  readonly alternative?: string | undefined;
  readonly onLog?: ((line: string) => void) | undefined;
}

/** A standalone mongod whose `uri` names no database. */
export interface RunningMongod extends RunningServer {
  readonly uri: string;
}

/** Startup needs no more than that, and the machine also runs what uses it. */
const CACHE_GB = 1;

/** The code name that mongod gives to a directory whose lock another one has. */
const HELD = /DBPathInUse/;

const UNAUTHORIZED_CODES = [13, 18];

/** Starts a standalone mongod on 127.0.0.1 and returns when it answers. */
export async function startMongod(options: MongodOptions): Promise<RunningMongod> {
  const mongod = options.mongodPath ?? (await findMongod(options));
  // It stands in the root directory.
  const directory = resolve(options.directory);
  makeDirectory(directory);
  let preferred = options.preferredPort;
  const choose = async (): Promise<number> => {
    const port = preferred ?? (await freePort());
    preferred = undefined;
    return port;
  };
  return onFreePort(options.port, choose, async (port) => {
    const { server } = await whenDirectoryIsFree(HELD, () =>
      startServer({
        name: 'mongod',
        file: mongod,
        args: [
          ...['--dbpath', directory, '--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket', '--quiet'],
          ...['--wiredTigerCacheSizeGB', String(CACHE_GB), '--setParameter', 'diagnosticDataCollectionEnabled=false'],
          ...(options.login ? ['--auth'] : []),
        ],
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
        // Its log is JSON with a severity; errors and fatal ones are followed by dozens of lines about shutting down.
        isComplaint: (line) => /"s":"[EF]"/.test(line),
        isReady: (line) => line.includes('"Waiting for connections"'),
        stopSignals: [{ signal: 'SIGTERM', waitMs: 20_000 }],
        onLog: options.onLog,
      }),
    );
    const address = `127.0.0.1:${port}/`;
    try {
      if (!options.login) {
        const uri = `mongodb://${address}`;
        await ping(uri);
        return { ...server, port, uri };
      }
      const { user, password } = options.login;
      const uri = `mongodb://${user}:${password}@${address}?authSource=admin`;
      await makeUserOnce(`mongodb://${address}`, options.login);
      await ping(uri);
      return { ...server, port, uri };
    } catch (error) {
      await server.stop();
      throw error;
    }
  });
}

async function ping(uri: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 10_000 });
  try {
    await client.db('admin').command({ ping: 1 });
  } finally {
    await client.close();
  }
}

/** As long as there is no user, mongod lets whoever comes from localhost make the first one. Later it refuses, which is fine. */
async function makeUserOnce(uri: string, login: { user: string; password: string }): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 10_000 });
  try {
    await client.db('admin').command({ createUser: login.user, pwd: login.password, roles: ['root'] });
  } catch (error) {
    if (!(error instanceof MongoServerError && UNAUTHORIZED_CODES.includes(Number(error.code)))) throw error;
  } finally {
    await client.close();
  }
}
