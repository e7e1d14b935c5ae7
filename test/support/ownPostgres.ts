import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, readlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removePostgresDirectory, startPostgres } from '@mlflow-migrate/dev-servers/postgres';
import { findPostgresBinaries } from '../../packages/dev-servers/src/postgres/postgresBinaries.ts';
import { findServerUser } from '../../packages/dev-servers/src/postgres/serverUser.ts';
import { freePort } from '../../packages/dev-servers/src/process/freePort.ts';
import { onFreePort, type RunningServer, startServer } from '../../packages/dev-servers/src/process/runningServer.ts';

/** A PostgreSQL of one test, with settings of its own: with TLS, or as a standby. Its superuser is `postgres`, without TLS unless told otherwise. */
export interface OwnPostgres extends AsyncDisposable {
  readonly port: number;
  /** Stops it; what it holds stays, and may be copied. */
  stop(): Promise<void>;
  /** Starts it again on its port. */
  start(): Promise<void>;
  /** Ends it at once, as a crash would, with all its sessions. */
  kill(): Promise<void>;
  /** A standby that starts from a copy of what this stopped server holds. It follows nobody, and so lags, unless a setting of its own says otherwise. */
  asStandby(settings?: Readonly<Record<string, string>>): Promise<OwnPostgres>;
}

export interface OwnPostgresOptions {
  readonly password: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Files to lie beside the data, for settings that name them. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Lines of pg_hba.conf in place of one that lets everybody in by password. */
  readonly access?: string;
}

/** Releases and bench servers share these; WAL that a standby can start from. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '16MB',
  wal_level: 'replica',
  fsync: 'off',
  hot_standby: 'on',
} as const;

const dataOf = async (directory: string): Promise<string> => {
  const data = join(directory, 'data');
  return await readlink(data).catch(() => data);
};

/** Sets up a cluster and starts it. */
export async function startOwnPostgres(options: OwnPostgresOptions): Promise<OwnPostgres> {
  const directory = await newDirectory();
  const first = await startPostgres({ directory, password: options.password, isThrowAway: true });
  await first.stop();
  return await run(directory, options);
}

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-own-postgres-'));
  // PostgreSQL runs as another user where the tests run as root.
  await chmod(directory, 0o755);
  return directory;
}

async function run(directory: string, options: OwnPostgresOptions): Promise<OwnPostgres> {
  const user = await findServerUser();
  const binaries = await findPostgresBinaries(user);
  const data = await dataOf(directory);
  const files = { ...options.files, ...(options.access === undefined ? {} : { 'pg_hba.conf': options.access }) };
  for (const [name, content] of Object.entries(files)) {
    const path = join(data, name);
    await writeFile(path, content, { mode: 0o600 });
    if (user) await chown(path, user.uid, user.gid);
  }
  const settings = Object.entries({ ...SETTINGS, ...options.settings });
  const start = (known: number | undefined): Promise<RunningServer> =>
    onFreePort(known, freePort, async (port) => {
      const { server } = await startServer({
        name: 'PostgreSQL',
        file: binaries.postgres,
        args: ['-D', data, '-p', String(port), ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
        user,
        isReady: (line) => /database system is ready to accept (?:read-only )?connections/.test(line),
        stopSignals: [
          { signal: 'SIGINT', waitMs: 10_000 },
          { signal: 'SIGQUIT', waitMs: 5_000 },
        ],
      });
      return { ...server, port };
    });
  let server = await start(undefined);
  const { port } = server;
  return {
    port,
    stop: () => server.stop(),
    async start() {
      server = await start(port);
    },
    async kill() {
      // Its own immediate shutdown: of a postmaster that is killed, sessions live on for a while.
      server.kill('SIGQUIT');
      await server.exited;
    },
    async asStandby(changed = {}) {
      await server.stop();
      const copy = await newDirectory();
      await promisify(execFile)('cp', ['-a', data, join(copy, 'data')]);
      const signal = join(copy, 'data/standby.signal');
      await writeFile(signal, '', { mode: 0o600 });
      if (user) await chown(signal, user.uid, user.gid);
      return await run(copy, { ...options, settings: { ...options.settings, ...changed } });
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await removePostgresDirectory(directory);
    },
  };
}
