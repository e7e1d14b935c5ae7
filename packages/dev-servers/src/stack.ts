import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningAzurite, startAzurite } from './azurite/azurite.ts';
import { type RunningMongod, startMongod } from './mongod/mongod.ts';
import { type RunningPostgres, removePostgresDirectory, startPostgres } from './postgres/postgres.ts';
import type { RunningServer } from './process/runningServer.ts';

/** Which servers run, and for how long what they hold should last. */
export interface StackOptions {
  /** Each server has a directory of its own in it, and goes on with what it holds. */
  readonly directory: string;
  readonly postgres: boolean;
  readonly mongodb: boolean;
  readonly storage: boolean;
  /** Taken for mongod where it is free, another one otherwise. */
  readonly mongodPort?: number | undefined;
  /** For PostgreSQL's `postgres`, and with it mongod runs with authentication, as user `migrator`. Without it: a random one, and no authentication in mongod. */
  readonly password?: string | undefined;
  /** Trades survival of a power cut, and of a kill of the storage, for speed: for what nobody goes on with. */
  readonly isThrowAway?: boolean | undefined;
  /** What to do instead of having a mongod here, as it goes into the hint of an error; by default "use a MongoDB of your own". */
  readonly mongodAlternative?: string | undefined;
  /** Gets what whoever waits should know, such as a download. */
  readonly onNotice?: ((text: string) => void) | undefined;
  /** Gets every line that a server logs. */
  readonly onLog?: ((server: 'postgres' | 'mongodb' | 'storage', line: string) => void) | undefined;
}

/** The servers that were asked for. They end at the latest when this process ends, even by SIGKILL. */
export interface Stack {
  readonly postgres: RunningPostgres | undefined;
  readonly mongodb: RunningMongod | undefined;
  readonly storage: RunningAzurite | undefined;
  /** Stops all of them; their data stays. */
  stop(): Promise<void>;
}

/** Starts the wanted servers side by side. When one fails, the others are stopped and its error is thrown. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { directory, password, isThrowAway, onLog } = options;
  const logTo = (server: 'postgres' | 'mongodb' | 'storage') => onLog && ((line: string) => onLog(server, line));
  const [postgres, mongodb, storage] = await Promise.allSettled([
    options.postgres
      ? startPostgres({ directory: join(directory, 'postgres'), password, isThrowAway, onLog: logTo('postgres') })
      : undefined,
    options.mongodb
      ? startMongod({
          directory: join(directory, 'mongodb'),
          login: password === undefined ? undefined : { user: 'migrator', password },
          preferredPort: options.mongodPort,
          alternative: options.mongodAlternative,
          onNotice: options.onNotice,
          onLog: logTo('mongodb'),
        })
      : undefined,
    options.storage
      ? startAzurite({
          directory: join(directory, 'storage'),
          accountKey: password === undefined ? undefined : Buffer.from(password).toString('base64'),
          isThrowAway,
          onLog: logTo('storage'),
        })
      : undefined,
  ]);
  const results = [postgres, mongodb, storage];
  const stop = async (): Promise<void> => {
    await Promise.all(results.map(async (result) => fulfilledValue<RunningServer | undefined>(result)?.stop()));
  };
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    await stop();
    throw result.reason;
  }
  return {
    postgres: fulfilledValue(postgres),
    mongodb: fulfilledValue(mongodb),
    storage: fulfilledValue(storage),
    stop,
  };
}

/** Removes everything that a stopped stack has left on disk. */
export async function removeStackDirectory(directory: string): Promise<void> {
  await removePostgresDirectory(join(directory, 'postgres'));
  await rm(directory, { recursive: true, force: true });
}

function fulfilledValue<T>(result: PromiseSettledResult<T>): T | undefined {
  return result.status === 'fulfilled' ? result.value : undefined;
}
