import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { removeStackDirectory } from '@mlflow-migrate/dev-servers';
import { createDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { makeDirectory } from '@mlflow-migrate/dev-servers/makeDirectory';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
import { tryLockFile } from '@mlflow-migrate/functions-host/lockFile';
import { startServers } from '../src/cli/app/startServers.ts';
import { MigrationError } from '../src/errors.ts';
import { SAMPLE_DUMP, SAMPLE_RELEASE } from './sampleDump.ts';

/** Servers with a real MLflow database in PostgreSQL, and how to reach them: the settings that the app and the command read. */
export interface Sample {
  readonly settings: {
    readonly POSTGRES_URI: string;
    readonly MONGODB_URI: string;
    readonly AzureWebJobsStorage: string;
  };
  /** Says where it may be looked at, to whoever wants the sample meanwhile. */
  tellWhere(url: string): void;
  /** Stops the servers and removes their data. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL and mongod in `directory`, which is emptied first, and restores the sample into the database `mlflow`; blobs
 * are files there. Throws MigrationError('conflict') where another process has servers there: they would lose their files.
 */
export async function startSample(directory: string, onNotice: (text: string) => void): Promise<Sample> {
  makeDirectory(dirname(directory));
  const lock = tryLockFile(`${directory}.lock`);
  const ownerFile = `${directory}.pid`;
  if (lock === null) throw takenBy(readOwner(ownerFile), directory);
  const release = (): void => {
    rmSync(ownerFile, { force: true });
    lock.release();
  };
  try {
    writeFileSync(ownerFile, String(process.pid));
    const sample = await startWithSample(directory, onNotice);
    return {
      ...sample,
      tellWhere: (where) => writeFileSync(ownerFile, `${process.pid} ${where}`),
      stop: () => sample.stop().finally(release),
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Who has the sample: its process, and where it may be looked at, if it has said so yet. */
function readOwner(file: string): { readonly pid: string | undefined; readonly where: string | undefined } {
  try {
    const [pid, where] = readFileSync(file, 'utf8').split(' ');
    return { pid, where };
  } catch {
    // It has the lock, and has not yet written who it is.
    return { pid: undefined, where: undefined };
  }
}

function takenBy({ pid, where }: ReturnType<typeof readOwner>, directory: string): MigrationError {
  const who = pid === undefined ? 'Another process' : `Process ${pid}`;
  return new MigrationError('conflict', `${who} works with the sample in ${directory}`, {
    hint: `${where === undefined ? '' : `It is at ${where}. `}End it first, with Ctrl-C where it was started`,
  });
}

async function startWithSample(
  directory: string,
  onNotice: (text: string) => void,
): Promise<Omit<Sample, 'tellWhere'>> {
  const servers = join(directory, 'servers');
  await removeStackDirectory(servers);
  await removeStackDirectory(directory);
  makeDirectory(servers);
  // PostgreSQL runs as another user when this is run as root.
  await chmod(servers, 0o755);
  onNotice('Starting PostgreSQL and MongoDB');
  const stack = await startServers({
    directory: servers,
    postgres: true,
    mongodb: true,
    storage: false,
    password: randomBytes(18).toString('base64url'),
    isThrowAway: true,
    onNotice,
  });
  const stop = async (): Promise<void> => {
    await stack.stop();
    await removeStackDirectory(servers);
  };
  try {
    onNotice(`Restoring the sample, a database of MLflow ${SAMPLE_RELEASE}`);
    const source = await createDatabase(stack.postgres!.uri, 'mlflow');
    await restoreDump(source, SAMPLE_DUMP);
    return {
      settings: {
        POSTGRES_URI: source,
        MONGODB_URI: withDatabase(stack.mongodb!.uri, 'mlflow_migrated'),
        AzureWebJobsStorage: pathToFileURL(join(servers, 'blobs')).href,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
