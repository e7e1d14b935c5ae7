import { createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ForkOptions, RunningHost } from '@mlflow-migrate/functions-host';
import type { Environment } from '../../config/environment.ts';
import { readFunctionTimeout } from '../../config/functionTimeout.ts';
import { LOCAL_HOST, type LocalHost } from '../../config/localHost.ts';
import { redact, registerSecret } from '../../config/redact.ts';
import { readSettings } from '../../config/schemas/settings.ts';
import { SIGNING_KEY } from '../../config/signingKey.ts';
import { MigrationError } from '../../errors.ts';
import { untilAborted } from '../../untilAborted.ts';
import type { Output } from '../display/output.ts';
import { packageRoot } from '../packageRoot.ts';
import { mongodPassword } from '../place/mongodPassword.ts';
import { markOf } from '../place/processMark.ts';
import { localSigningKey } from '../place/signingKey.ts';
import { liveHostFile, removeLiveHost, type StatePlace, writeLiveHost } from '../place/stateDirectory.ts';
import { createApiClient } from './apiClient.ts';
import type { App } from './app.ts';
import { startServers } from './startServers.ts';

/** Where a local host keeps its state, what it is told, and what it may start. */
export interface LocalAppOptions {
  /** Its lock is the caller's. */
  readonly place: StatePlace;
  /** Settings that hold the URIs; they reach the host in its environment only. */
  readonly settings: Readonly<Record<string, string>>;
  /** Start a MongoDB in the state directory, as no target is named. */
  readonly needsMongod: boolean;
  /** False only looks at what is there: runs that are not finished stay so. */
  readonly resume: boolean;
  /** Gone before anybody could open its live page, of which nobody is told then. */
  readonly isPassing?: true;
  readonly env: Environment;
  readonly output: Output;
  readonly isVerbose: boolean;
  readonly signal: AbortSignal;
}

/** The package itself is the app: `dist/main.cjs` and `host.json` lie in its root. A deployed package may be tried in its place. */
function appDirectoryOf(env: Environment): string {
  return resolve(env['MLFLOW_MIGRATE_APP'] || packageRoot());
}

const TASK_HUB = 'MlflowMigrate';

/** Any of these means that storage is there already. */
const STORAGE_SETTINGS = [
  'AzureWebJobsStorage',
  'AzureWebJobsStorage__accountName',
  'AzureWebJobsStorage__blobServiceUri',
] as const;

/**
 * A migration's live data is some tens of megabytes at any size. Left alone, V8 lets garbage pile up on a machine with much
 * memory; bounded, a process stays under the 512 MB that docs/architecture.md promises. Within that bound the heap may grow to a
 * multiple of what lives before it is collected as a whole. A young generation that is collected often lets the buffers of batches
 * go in time: they lie outside of the heap, and enough dead ones make V8 mark all of it (docs/performance.md, Memory).
 */
const HEAP_FLAGS = ['--max-old-space-size=384', '--max-semi-space-size=8', '--heap-growing-percent=300'];

/** The port that the MongoDB of a place had before: a target that was written down by its address is found there again. */
function lastPort(file: string): number | undefined {
  try {
    const port = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    // It is the first start in this place.
    return undefined;
  }
}

async function startHost(options: ForkOptions): Promise<RunningHost> {
  const { forkHost } = await import('@mlflow-migrate/functions-host');
  try {
    return await forkHost(options);
  } catch (error) {
    const message = error instanceof Error ? redact(error.message) : 'unknown reason';
    throw new MigrationError('internal', `The local host did not start: ${message}`, {
      hint: 'Run again with --verbose to see its log',
      cause: error,
    });
  }
}

/** What is being started, unless Ctrl-C comes before it has: a mongod may have to be downloaded first. What comes too late is stopped. */
async function unlessInterrupted<T extends { stop(): Promise<unknown> }>(
  signal: AbortSignal,
  starting: Promise<T>,
): Promise<T> {
  try {
    return await untilAborted(starting, signal);
  } catch (error) {
    starting.then((late) => late.stop()).catch(() => undefined);
    throw error;
  }
}

/** Starts MongoDB where none is named, Azurite where an earlier release has left blobs in it, and the host. Throws MigrationError after stopping what had started. */
export async function startLocalApp(options: LocalAppOptions): Promise<App> {
  const { place, env, output, signal } = options;
  const appDirectory = appDirectoryOf(env);
  if (!existsSync(join(appDirectory, 'dist/main.cjs'))) {
    throw new MigrationError('config', `The app is not built: dist/main.cjs is missing in ${appDirectory}`, {
      hint: env['MLFLOW_MIGRATE_APP'] ? 'Correct MLFLOW_MIGRATE_APP, or unset it' : 'Run npm run build',
    });
  }
  // What the app could not read, or would pass over, is told before anything is started in its place.
  const localHost: LocalHost = options.resume ? 'works' : 'looks';
  readSettings({ ...env, ...options.settings, [LOCAL_HOST]: localHost });
  readFunctionTimeout(pathToFileURL(join(appDirectory, 'host.json')), env);
  const log = createWriteStream(place.logFile, { flags: 'a', mode: 0o600 });
  // A full disk must not end a migration; the log is a convenience.
  log.on('error', (error) => output.note(`The log cannot be written: ${error.message}`));
  const onLog = (who: string, line: string): void => {
    const safe = redact(line);
    log.write(`${who}: ${safe}\n`);
    if (options.isVerbose && who === 'host') output.note(output.style('dim', safe));
  };

  const stops: (() => Promise<unknown>)[] = [];
  let stopping: Promise<void> | null = null;
  const stopAll = async (): Promise<void> => {
    for (const stop of stops.reverse()) await stop();
    await new Promise<void>((done) => log.end(() => done()));
  };
  const stop = (): Promise<void> => {
    stopping ??= stopAll();
    return stopping;
  };

  try {
    const needsStorage = !STORAGE_SETTINGS.some((name) => env[name]);
    const needsAzurite = needsStorage && existsSync(place.azuriteCatalogue);
    if (options.needsMongod) output.note('No target is named: starting a local MongoDB');
    const password = options.needsMongod ? mongodPassword(place) : undefined;
    if (password !== undefined) registerSecret(password);
    // What starts servers takes longer to load than the host to fork, and most runs need none.
    const stack =
      options.needsMongod || needsAzurite
        ? await unlessInterrupted(
            signal,
            startServers({
              directory: place.directory,
              postgres: false,
              mongodb: options.needsMongod,
              mongodPort: lastPort(place.mongodPortFile),
              password,
              storage: needsAzurite,
              onNotice: (line) => output.note(line),
              onLog,
            }),
          )
        : null;
    if (stack !== null) stops.push(() => stack.stop());
    signal.throwIfAborted();
    const files = needsStorage ? pathToFileURL(place.blobDirectory).href : undefined;
    const storage = stack?.storage?.connectionString ?? files;
    const mongodb = stack?.mongodb;
    const mongodbUri = mongodb?.uri;
    if (mongodb !== undefined) writeFileSync(place.mongodPortFile, String(mongodb.port));
    const host = await unlessInterrupted(
      signal,
      startHost({
        appDirectory,
        stateFile: place.stateFile,
        settings: {
          FUNCTIONS_WORKER_RUNTIME: 'node',
          TASKHUB_NAME: env['TASKHUB_NAME'] || TASK_HUB,
          ...options.settings,
          [LOCAL_HOST]: localHost,
          [SIGNING_KEY]: env[SIGNING_KEY] || localSigningKey(place),
          ...(mongodbUri === undefined ? {} : { MONGODB_URI: mongodbUri }),
          ...(storage === undefined ? {} : { AzureWebJobsStorage: storage }),
        },
        resume: options.resume,
        nodeFlags: HEAP_FLAGS,
        onLog: (line) => onLog('host', line),
      }),
    );
    stops.push(() => host.stop());
    registerSecret(host.key);
    const url = host.url.replace(/\/$/, '');
    if (options.resume) {
      await writeLiveHost(place, { url, key: host.key, ...markOf(host.pid) });
      stops.push(() => removeLiveHost(place));
      // The key itself is no text for a terminal, which may be recorded.
      if (options.isPassing !== true) output.note(`Live page: ${url}/ (it asks for the key in ${liveHostFile(place)})`);
    }
    signal.throwIfAborted();

    const failed = host.exited.then(() => {
      if (stopping !== null) return new Promise<never>(() => undefined);
      const reason = host.failure();
      if (reason !== null) {
        throw new MigrationError('config', `The local host has ended: ${redact(reason)}`, {
          hint: `Make room in ${place.directory} or correct its permissions, then go on with --resume`,
        });
      }
      throw new MigrationError('internal', 'The local host ended early', {
        hint: `Go on with --resume; its log is ${place.logFile}`,
      });
    });
    // Whoever follows a run listens to it; between runs nobody does.
    failed.catch(() => undefined);
    return { client: createApiClient(url, host.key, signal), isLocal: true, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
