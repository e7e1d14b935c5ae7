import { randomBytes } from 'node:crypto';
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
import { SAMPLE_DUMP } from './sampleDump.ts';

/** Servers with a real MLflow database in PostgreSQL, and how to reach them: the settings that the app and the command read. */
export interface Sample {
  readonly settings: {
    readonly POSTGRES_URI: string;
    readonly MONGODB_URI: string;
    readonly AzureWebJobsStorage: string;
  };
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
  if (lock === null) {
    throw new MigrationError('conflict', `Another process works with the sample in ${directory}`, {
      hint: 'End it first, with Ctrl-C where it was started',
    });
  }
  try {
    const sample = await startWithSample(directory, onNotice);
    return { ...sample, stop: () => sample.stop().finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startWithSample(directory: string, onNotice: (text: string) => void): Promise<Sample> {
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
    onNotice('Restoring the sample, a database of MLflow 3.17.2');
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
