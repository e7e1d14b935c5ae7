import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeStackDirectory } from '@mlflow-migrate/dev-servers';
import { type RunningAzurite, startAzurite } from '@mlflow-migrate/dev-servers/azurite';
import { createDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { type RunningMongod, startMongod } from '@mlflow-migrate/dev-servers/mongod';
import { type RunningPostgres, startPostgres } from '@mlflow-migrate/dev-servers/postgres';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import { MongoClient } from 'mongodb';
import { seedScale } from '../../../bench/seedScale.ts';
import { SAMPLE_DUMP } from '../../../sample/sampleDump.ts';
import type { CommandLine } from '../command.ts';
import { type Comparison, compareTables } from '../compare.ts';
import { descendantsOf, signal } from '../processTree.ts';

/** `small`: the sample dump, every table, 3,378 rows. `large`: the generator's 189,738 rows in the eight tables of the bench. */
export type SourceSize = 'small' | 'large';

/** The servers of a fault run, two sources, and what is needed to migrate and to compare. */
export interface Arena {
  readonly sources: Readonly<Record<SourceSize, string>>;
  /** Of mongod, without a database. Changes with nothing: restarts keep the port. */
  readonly mongodbUri: string;
  readonly mongodPort: number;
  /** A command line for a migration into a new target with a state directory of its own. */
  newMigration(source: SourceSize, options?: MigrationOptions): Promise<Migration>;
  /** Stops a server at once, as a crash would, and starts it again on its port. */
  restart(server: 'postgres' | 'mongodb'): Promise<void>;
  /** Kills storage, which is gone until what is returned is called; its account and key stay. */
  stopStorage(): Promise<() => Promise<void>>;
  /** Lets a server with all its processes stand still until what is returned is called. */
  pause(server: 'postgres' | 'mongodb'): Promise<() => void>;
  readonly storage: string;
  stop(): Promise<void>;
}

interface MigrationOptions {
  /** Through which port the target is reached: a proxy's. mongod's own by default. */
  readonly targetPort?: number;
  /** Other servers than the arena's: a source with what that of the size holds, a target without a database name. */
  readonly postgresUri?: string;
  readonly mongodbUri?: string;
  /** One host of the source, where its URI names several: for the comparison. */
  readonly comparedUri?: string;
  /** Where blobs are, in place of the arena's Azurite. */
  readonly storage?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly tables?: readonly string[];
  readonly args?: readonly string[];
  /** Lets the command keep its blobs in its state directory, as files. */
  readonly hasOwnStorage?: boolean;
}

export interface Migration extends CommandLine {
  readonly database: string;
  /** The command line of another command about this migration, such as `status`. */
  about(command: string): CommandLine;
  /** Compares source and target past any proxy. */
  compare(): Promise<Comparison>;
  /** Drops the target. */
  drop(): Promise<void>;
}

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const USER = 'migrator';

/** Starts PostgreSQL, mongod with authentication and Azurite in a temporary directory, and fills the sources. */
export async function startArena(sizes: readonly SourceSize[]): Promise<Arena> {
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-faults-'));
  await chmod(directory, 0o755); // PostgreSQL runs as another user where this runs as root.
  const password = randomBytes(12).toString('hex');
  const postgresOptions = { directory: join(directory, 'postgres'), password, isThrowAway: true };
  const mongodbOptions = { directory: join(directory, 'mongodb'), login: { user: USER, password } };
  const storageOptions = { directory: join(directory, 'storage'), accountKey: randomBytes(64).toString('base64') };
  const servers: { postgres?: RunningPostgres; mongodb?: RunningMongod; storage?: RunningAzurite } = {};
  const stop = async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    await removeStackDirectory(directory);
  };
  try {
    [servers.postgres, servers.mongodb, servers.storage] = await Promise.all([
      startPostgres(postgresOptions),
      startMongod(mongodbOptions),
      startAzurite(storageOptions),
    ]);
    const { postgres, mongodb, storage } = servers;
    const sources: Record<SourceSize, string> = {
      small: withDatabase(postgres.uri, 'small'),
      large: withDatabase(postgres.uri, 'large'),
    };
    for (const size of sizes) {
      const uri = await createDatabase(postgres.uri, size);
      await (size === 'small' ? restoreDump(uri, SAMPLE_DUMP) : seedScale(uri, 1));
    }
    let migrations = 0;
    return {
      sources,
      mongodbUri: mongodb.uri,
      mongodPort: mongodb.port,
      async newMigration(source, options = {}) {
        migrations += 1;
        const database = `faults_${migrations}_${randomBytes(3).toString('hex')}`;
        const { mongodbUri = mongodb.uri } = options;
        // Several hosts make no URL.
        const target = withDatabase(mongodbUri, database).replace(
          `:${mongodb.port}/`,
          `:${options.targetPort ?? mongodb.port}/`,
        );
        const state = join(directory, 'state', database);
        await mkdir(state, { recursive: true });
        const { tables, postgresUri = sources[source] } = options;
        const program = [process.execPath, join(REPOSITORY, 'src/cli/main.ts')];
        const own = ['--state-dir', state, '--name', database, '--json'];
        return {
          argv: [
            ...program,
            ...['--postgres-uri', postgresUri, '--mongodb-uri', target],
            ...own,
            '--yes',
            ...(tables === undefined ? [] : ['--tables', tables.join(',')]),
            ...(options.args ?? []),
          ],
          cwd: REPOSITORY,
          env: {
            ...(options.hasOwnStorage === true
              ? {}
              : { AzureWebJobsStorage: options.storage ?? storage.connectionString }),
            ...options.env,
          },
          database,
          about: (command) => ({ argv: [...program, command, ...own], cwd: REPOSITORY }),
          compare: () =>
            compareTables({
              postgresUri: options.comparedUri ?? postgresUri,
              mongodbUri,
              database,
              ...(tables === undefined ? {} : { tables }),
            }),
          drop: () => dropDatabase(mongodbUri, database),
        };
      },
      storage: storage.connectionString,
      async stopStorage() {
        servers.storage?.kill('SIGKILL');
        await servers.storage?.exited;
        return async () => {
          servers.storage = await startAzurite({ ...storageOptions, port: storage.port });
        };
      },
      async pause(name) {
        const pid = servers[name]?.pid ?? 0;
        const pids = [pid, ...(await descendantsOf(pid)).map((one) => one.pid)];
        for (const one of pids) signal(one, 'SIGSTOP');
        return () => {
          for (const one of pids) signal(one, 'SIGCONT');
        };
      },
      async restart(name) {
        servers[name]?.kill('SIGKILL');
        await servers[name]?.exited;
        if (name === 'postgres') servers.postgres = await startPostgres({ ...postgresOptions, port: postgres.port });
        else servers.mongodb = await startMongod({ ...mongodbOptions, port: mongodb.port });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function dropDatabase(uri: string, name: string): Promise<void> {
  const client = new MongoClient(uri);
  try {
    await client.db(name).dropDatabase();
  } finally {
    await client.close();
  }
}

/** Is the command there that these runs start? It may be under construction. */
export async function hasCommand(): Promise<boolean> {
  return readFile(join(REPOSITORY, 'src/cli/main.ts')).then(
    () => true,
    () => false,
  );
}
