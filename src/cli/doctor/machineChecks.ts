import { existsSync, rmdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { DevServerError } from '@mlflow-migrate/dev-servers/devServerError';
import { findMongod } from '@mlflow-migrate/dev-servers/findMongod';
import manifest from '../../../package.json' with { type: 'json' };
import type { Environment } from '../../config/environment.ts';
import { MigrationError } from '../../errors.ts';
import { formatBytes } from '../../report/formatUnits.ts';
import { tryDirectory } from '../place/tryDirectory.ts';
import type { Check } from './check.ts';

/** `22.18` of `>=22.18`, from where the start of the installed command has it too (src/cli/start.ts). */
const OLDEST_NODE = manifest.engines.node.replace('>=', '');

/** History, logs and reports of a migration take some tens of megabytes; with less room than this something else is wrong. */
const LEAST_FREE_BYTES = 1_000_000_000;

/** Is this Node new enough to run the program's sources and its local host? */
export function checkNode(version: string = process.versions.node): Check {
  const [[major = 0, minor = 0] = [], [oldestMajor = 0, oldestMinor = 0] = []] = [version, OLDEST_NODE].map((text) =>
    text.split('.').map(Number),
  );
  const isNew = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  const cure = isNew ? '' : `Install Node ${OLDEST_NODE} or later: https://nodejs.org/en/download`;
  return { name: 'Node', state: isNew ? 'ok' : 'missing', found: version, cure };
}

/** Can state be kept there? A directory that was not there before is gone afterwards. */
export async function checkStateDirectory(directory: string): Promise<Check[]> {
  const path = resolve(directory);
  const wasThere = existsSync(path);
  const name = 'State directory';
  try {
    tryDirectory(path, 'The state directory', '--state-dir', 0o700);
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    return [{ name, state: 'missing', found: error.message, cure: error.hint }];
  }
  const { bavail, bsize } = await statfs(path);
  if (!wasThere) rmdirSync(path);
  const free = bavail * bsize;
  const isEnough = free >= LEAST_FREE_BYTES;
  return [
    { name, state: 'ok', found: `${path} can be written to`, cure: '' },
    {
      name: 'Free room',
      state: isEnough ? 'ok' : 'missing',
      found: `${formatBytes(free)} in ${dirname(path)}`,
      cure: isEnough ? '' : `Make room for ${formatBytes(LEAST_FREE_BYTES)}, or choose another disk with --state-dir`,
    },
  ];
}

/** Can the local host listen on this machine? */
export async function checkPort(): Promise<Check> {
  const name = 'Port';
  const server = createServer();
  try {
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(0, '127.0.0.1', done);
    });
    return { name, state: 'ok', found: 'the local host can listen on 127.0.0.1', cure: '' };
  } catch (error) {
    const found = `nothing can listen on 127.0.0.1 (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`;
    return { name, state: 'missing', found, cure: 'Let this user open ports on the loopback interface' };
  } finally {
    server.close();
  }
}

/** Where the state of the app goes. Whether a storage account answers, the look at the ends shows. */
export function checkStorage(env: Environment): Check {
  const setting = [
    'AzureWebJobsStorage',
    'AzureWebJobsStorage__accountName',
    'AzureWebJobsStorage__blobServiceUri',
  ].find((name) => env[name]);
  const found = setting === undefined ? 'files in the state directory' : `the storage account of ${setting}`;
  return { name: 'Storage', state: 'ok', found, cure: '' };
}

/** Is there a mongod for a migration without a target? Nothing is fetched here. */
export async function checkMongod(env: Environment): Promise<Check> {
  const name = 'mongod';
  try {
    return { name, state: 'ok', found: await findMongod({ environment: env, mayFetch: false }), cure: '' };
  } catch (error) {
    if (!(error instanceof DevServerError)) throw error;
    const isNamed = Boolean(env['MONGOD_PATH']);
    return isNamed
      ? {
          name,
          state: 'missing',
          found: error.message,
          cure: 'Correct MONGOD_PATH, or name a target with --mongodb-uri',
        }
      : {
          name,
          state: 'note',
          found: 'none on this machine; the first migration without a target fetches one',
          cure: 'Where there is no way out to the internet: install MongoDB, or name a target with --mongodb-uri',
        };
  }
}
