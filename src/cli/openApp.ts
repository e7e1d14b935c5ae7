import { MigrationError } from '../errors.ts';
import { createApiClient } from './apiClient.ts';
import type { App } from './app.ts';
import type { CommandContext } from './context.ts';
import { startLocalApp } from './localApp.ts';
import { findOtherHost } from './otherHost.ts';
import { latestPlace, placeOf, readRecord, type StatePlace } from './stateDirectory.ts';

const NEVER = new Promise<never>(() => undefined);

/** An app that runs without us and goes on without us. */
export const connectApp = (url: string, key: string | null, signal: AbortSignal): App => ({
  client: createApiClient(url, key, signal),
  isLocal: false,
  failed: NEVER,
  stop: () => Promise.resolve(),
});

/** An app for looking at what is there, and the name or id to look for. */
export interface OpenedApp {
  readonly app: App;
  readonly wanted: string | null;
  /** Null for a deployed app. */
  readonly place: StatePlace | null;
}

/** The local state that `--name` means, or the latest. Throws MigrationError('not-found'). */
export const findPlace = async ({ options }: CommandContext): Promise<StatePlace> => {
  const { name, stateDirectory } = options;
  // Ids come from the app and may hold the name of a directory with a prefix or suffix; the record knows them.
  const place =
    name === null ? await latestPlace(stateDirectory) : placeOf(stateDirectory, name.replace(/^migration-/, ''));
  if (place !== null && (await readRecord(place)) !== null) return place;
  const what = name === null ? 'no migration' : `no migration ${name}`;
  throw new MigrationError('not-found', `There is ${what} in ${stateDirectory}`, {
    hint: 'Check --name and --state-dir, or give --url for a deployed app',
  });
};

/**
 * The app to ask about a run: the one at `--url`, else the host that another call keeps running, else a local host of our own.
 * That one runs nothing unless `isActive`, and is stopped by the caller.
 */
export const openApp = async (context: CommandContext, isActive: boolean): Promise<OpenedApp> => {
  const { options, env, output, signal } = context;
  if (options.url !== null) {
    return { app: connectApp(options.url, options.key, signal), wanted: options.name, place: null };
  }
  const place = await findPlace(context);
  const record = await readRecord(place);
  const wanted = record?.id ?? null;
  const live = await findOtherHost(place, output);
  if (live !== null) return { app: connectApp(live.url, live.key, signal), wanted, place };
  const app = await startLocalApp({
    place,
    settings: {},
    needsMongod: false,
    resume: isActive,
    env,
    output,
    isVerbose: options.isVerbose,
    signal,
  });
  return { app, wanted, place };
};
