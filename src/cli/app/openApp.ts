import { MigrationError } from '../../errors.ts';
import type { CommandContext } from '../commandContext.ts';
import { joinPlace } from '../place/placeLock.ts';
import { findRecordedPlace, placeNames, readRecord, type StatePlace } from '../place/stateDirectory.ts';
import { unknownName } from '../place/unknownName.ts';
import { planRun } from '../plan/planRun.ts';
import { readConfig } from '../plan/readConfig.ts';
import { createApiClient } from './apiClient.ts';
import type { App } from './app.ts';
import { readKey, readToken } from './readKey.ts';
import { startLocalApp } from './startLocalApp.ts';

const NEVER = new Promise<never>(() => undefined);

/** An app that runs without us and goes on without us. */
export function connectApp(
  url: string,
  key: string | null,
  signal: AbortSignal,
  options: Parameters<typeof createApiClient>[3] = {},
): App {
  return {
    client: createApiClient(url, key, signal, options),
    isLocal: false,
    failed: NEVER,
    stop: () => Promise.resolve(),
  };
}

/** The app at `--url`, with the key and the token that are given for it. Throws MigrationError('config') for those that are none. */
export async function connectDeployed(url: string, context: CommandContext): Promise<App> {
  const { output, signal } = context;
  return connectApp(url, await readKey(context), signal, {
    token: readToken(context),
    deployedAt: url,
    onSilence: (host) => output.note(`The function app at ${host} has not answered yet: waiting for it`),
  });
}

/** An app for looking at what is there, and the names or ids to look for, the best first. */
export interface OpenedApp {
  readonly app: App;
  readonly wanted: readonly string[];
  /** Null for a deployed app. */
  readonly place: StatePlace | null;
}

/** The name that a migration of the connections on the command line has, null where they name no pair of databases. */
async function nameOfConnections({ options, env }: CommandContext): Promise<string | null> {
  const { postgresUri, mongodbUri, configFile, isQuickAutonomize, preset } = options;
  if (!isQuickAutonomize && [postgresUri, mongodbUri, configFile, preset].every((given) => given === null)) return null;
  try {
    return planRun({ ...options, command: 'migrate' }, await readConfig(configFile), env).baseName;
  } catch (error) {
    // Such as a target alone, with which a dead migration is cancelled.
    if (error instanceof MigrationError && error.kind === 'usage') return null;
    throw error;
  }
}

/**
 * The local state that `--name` means, or the connections that are given where there is one of theirs, or the latest; a name is
 * that of a migration, or the id of its last run. Throws MigrationError('not-found').
 */
export async function findPlace(context: CommandContext): Promise<StatePlace> {
  const { name, stateDirectory } = context.options;
  const derived = name === null ? await nameOfConnections(context) : null;
  const place =
    (derived === null ? null : await findRecordedPlace(stateDirectory, derived)) ??
    (await findRecordedPlace(stateDirectory, name));
  if (place !== null) return place;
  const otherwise = 'Check --name and --state-dir, or give --url for a deployed app';
  if (name !== null) throw unknownName(name, `in ${stateDirectory}`, await placeNames(stateDirectory), otherwise);
  throw new MigrationError('not-found', `There is no migration in ${stateDirectory}`, { hint: otherwise });
}

/**
 * The app to ask about a run: the one at `--url`, else the host that another call keeps running, else a local host of our own,
 * which only looks and runs nothing. Stopped by the caller.
 */
export async function openApp(context: CommandContext): Promise<OpenedApp> {
  const { options, env, output, signal } = context;
  if (options.url !== null) {
    const wanted = options.name === null ? [] : [options.name];
    return { app: await connectDeployed(options.url, context), wanted, place: null };
  }
  const place = await findPlace(context);
  const record = await readRecord(place);
  // A directory may hold a migration and its dry run: the name means the former, no name means whichever was last.
  const wanted = [options.name, record?.id].filter((name) => name !== null && name !== undefined);
  const { lock, live } = await joinPlace(place, 'look', output, signal);
  if (live !== null) return { app: connectApp(live.url, live.key, signal), wanted, place };
  try {
    const app = await startLocalApp({
      place,
      settings: {},
      needsMongod: false,
      resume: false,
      env,
      output,
      isVerbose: options.isVerbose,
      signal,
    });
    return { app: { ...app, stop: () => app.stop().finally(() => lock.release()) }, wanted, place };
  } catch (error) {
    lock.release();
    throw error;
  }
}
