import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, chmod, chown, mkdtemp, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { makeDirectory } from '../makeDirectory.ts';
import { freePort } from '../process/freePort.ts';
import {
  onFreePort,
  type RunningServer,
  ServerStartError,
  startServer,
  whenDirectoryIsFree,
} from '../process/runningServer.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgresBinaries.ts';
import { canReach, findServerUser, type ServerUser } from './serverUser.ts';

export interface PostgresOptions {
  /** Holds the cluster; made when missing, gone on with when it holds one already. */
  readonly directory: string;
  /** For a restart on the port of before; otherwise the system chooses. */
  readonly port?: number | undefined;
  /** Of the superuser `postgres`; a new random one at each start unless given. URL-safe characters only. */
  readonly password?: string | undefined;
  /** True trades survival of a power cut (not of a killed process) for speed. */
  readonly isThrowAway?: boolean | undefined;
  readonly onLog?: ((line: string) => void) | undefined;
  /** Directory of the binaries' package, for another release than the one that npm brought. */
  readonly packageDirectory?: string | undefined;
}

/** A PostgreSQL whose `uri` names its superuser, its password and the database `postgres`. */
export interface RunningPostgres extends RunningServer {
  readonly uri: string;
}

/** Nothing of the caller's environment (PGDATA, PGPORT, LC_ALL…) may change what the server does. */
const ENVIRONMENT = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // The default since release 14.
  password_encryption: 'scram-sha-256',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  // Nobody replicates this server, and minimal WAL lets COPY into a table made in the same transaction skip the log.
  wal_level: 'minimal',
  max_wal_senders: '0',
  // Parallel queries take POSIX shared memory, of which containers often have 64 MB only.
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
} as const;

const THROW_AWAY_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } as const;

/** UTF-8 without the machine's locales: a bare machine has none. */
const BUILTIN_LOCALE = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];

const HELD = /pre-existing shared memory block|lock file .* already exists/;

/** Starts the PostgreSQL that npm brought, on 127.0.0.1. Needs no PostgreSQL, locale or user account on the machine, and may be called as root. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const user = await findServerUser();
  const binaries = await findPostgresBinaries(user, options.packageDirectory);
  const data = await prepareDataDirectory(resolve(options.directory), user);
  const isNew = !(await exists(join(data, 'PG_VERSION')));
  // A locale provider of PostgreSQL's own came with release 17.
  const locale = options.packageDirectory === undefined ? BUILTIN_LOCALE : [];
  if (isNew) await initialise(binaries, data, user, locale);
  const password = options.password ?? randomBytes(24).toString('base64url');
  const settings = { ...SETTINGS, ...(options.isThrowAway ? THROW_AWAY_SETTINGS : {}) };

  // The password is set by the server's own single-user mode, through a pipe: so it stands in no file and in no argument.
  await whenDirectoryIsFree(HELD, () => setPassword(binaries, data, user, password));
  return onFreePort(options.port, freePort, async (port) => {
    const { server } = await startServer({
      name: 'PostgreSQL',
      file: binaries.postgres,
      args: ['-D', data, '-p', String(port), ...toArguments(settings)],
      env: ENVIRONMENT,
      user,
      isReady: (line) => line.includes('database system is ready to accept connections'),
      // SIGINT: PostgreSQL's fast shutdown. SIGQUIT: immediate.
      stopSignals: [
        { signal: 'SIGINT', waitMs: 10_000 },
        { signal: 'SIGQUIT', waitMs: 5_000 },
      ],
      onLog: options.onLog,
    });
    return { ...server, port, uri: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres` };
  });
}

/** Removes the directory of a stopped PostgreSQL, and its data where it had to be put elsewhere. */
export async function removePostgresDirectory(directory: string): Promise<void> {
  const elsewhere = await linkedDirectory(join(directory, 'data'));
  if (elsewhere) await rm(elsewhere, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}

/** The cluster's directory, owned by the server's user: `data` in the given one, or what a link of that name points to. */
async function prepareDataDirectory(directory: string, user: ServerUser | undefined): Promise<string> {
  makeDirectory(directory);
  const data = join(directory, 'data');
  const elsewhere = await linkedDirectory(data);
  if (elsewhere && (await exists(elsewhere))) return elsewhere;
  if (elsewhere) await rm(data);
  if (await canReach(user, directory)) {
    makeDirectory(data, 0o700);
    if (user) await chown(data, user.uid, user.gid);
    return data;
  }
  // Root's home, for one, is closed to the server's user.
  const substitute = await mkdtemp(join(tmpdir(), 'mlflow-migrate-postgres-data-'));
  if (user) await chown(substitute, user.uid, user.gid);
  await symlink(substitute, data);
  return substitute;
}

async function linkedDirectory(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch {
    // Not a link, or not there.
    return undefined;
  }
}

/** Is there anything at the path? */
export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** A cluster of encoding UTF-8. Only 127.0.0.1 gets in, only with a password. */
async function initialise(
  binaries: PostgresBinaries,
  data: string,
  user: ServerUser | undefined,
  locale: readonly string[],
): Promise<void> {
  const args = [
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=reject',
    '--no-sync',
    '--encoding=UTF8',
    '--no-locale',
    ...locale,
  ];
  try {
    await promisify(execFile)(binaries.initdb, args, { cwd: '/', env: ENVIRONMENT, ...user });
  } catch (error) {
    // Half a cluster would be taken for a whole one at the next start.
    await rm(join(data, 'PG_VERSION'), { force: true });
    throw new ServerStartError('initdb', 'failed', String((error as { stderr?: unknown }).stderr ?? error).trim());
  }
  const accessFile = join(data, 'pg_hba.conf');
  await writeFile(accessFile, 'host all all 127.0.0.1/32 scram-sha-256\n');
  await chmod(accessFile, 0o600);
  if (user) await chown(accessFile, user.uid, user.gid);
}

async function setPassword(
  binaries: PostgresBinaries,
  data: string,
  user: ServerUser | undefined,
  password: string,
): Promise<void> {
  const { password_encryption } = SETTINGS;
  const settings = toArguments({ log_min_error_statement: 'panic', password_encryption });
  const args = ['--single', '-D', data, ...settings, 'postgres'];
  const child = spawn(binaries.postgres, args, {
    cwd: '/',
    env: ENVIRONMENT,
    stdio: ['pipe', 'ignore', 'pipe'],
    ...user,
  });
  let log = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(`alter user postgres password '${password}'\n`);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 || /\b(ERROR|FATAL|PANIC):/.test(log)) {
    throw new ServerStartError('PostgreSQL', 'could not set its password', log.trim());
  }
}

function toArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
