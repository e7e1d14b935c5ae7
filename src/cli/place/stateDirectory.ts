import { chmodSync, statSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { RUN_KINDS } from '../../contract/runKind.ts';
import { MigrationError } from '../../errors.ts';
import { runName } from '../plan/runName.ts';
import { isRunning } from './processMark.ts';
import { tryDirectory } from './tryDirectory.ts';

/** Where one migration keeps its local state: `<state directory>/<name>/`. */
export interface StatePlace {
  readonly name: string;
  /** As the option names it. */
  readonly stateDirectory: string;
  readonly directory: string;
  /** Orchestration history of the local host. */
  readonly stateFile: string;
  /** Blobs of the app on the local host. */
  readonly blobDirectory: string;
  /** There where an earlier release has begun the place: it kept blobs in Azurite, and they stay there. */
  readonly azuriteCatalogue: string;
  readonly logFile: string;
  readonly reportDirectory: string;
  /** Locked by the call of the command that works in the place. */
  readonly lockFile: string;
  /** Says which call that is. */
  readonly ownerFile: string;
  /** Port of the MongoDB that was started here, as it is kept where it is free. */
  readonly mongodPortFile: string;
  /** What that MongoDB asks for. */
  readonly mongodPasswordFile: string;
}

const Record = z.object({
  /** Id of the last run, as the app gave it. */
  id: z.string(),
  /** Name of that run, which is not the place's for dry runs and comparisons. */
  name: z.string().optional(),
  /** For people only: what is the same source or target, the app judges by what the databases say of themselves. */
  source: z.string(),
  target: z.string(),
  /** True where the target is the MongoDB in the place itself. */
  hasOwnTarget: z.boolean().optional(),
  layout: z.string(),
  /** `starting` until the app has taken the run, then `running` until the command has seen the end; so also after it was killed. */
  status: z.string(),
  reports: z.object({ json: z.string(), text: z.string(), html: z.string() }).nullable(),
  updatedAt: z.string(),
});

/** What the command remembers of the last run in a state directory. Holds no secret. */
export type StateRecord = z.infer<typeof Record>;

const LiveHost = z.object({
  url: z.string(),
  key: z.string(),
  pid: z.number(),
  startedAt: z.string().nullable().default(null),
});

/** Address and key of a local host that works, and its process. */
export type LiveHost = z.infer<typeof LiveHost>;

const RECORD_FILE = 'migration.json';
const LIVE_FILE = 'host.json';

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function unusable(path: string, error: unknown): MigrationError {
  return new MigrationError(
    'config',
    `The state directory cannot be used: ${path} (${(error as NodeJS.ErrnoException).code})`,
    {
      hint: 'Choose another one with --state-dir, or correct its permissions',
      cause: error,
    },
  );
}

/** The paths of a place; none of them is made or looked at. */
export function placeOf(stateDirectory: string, name: string): StatePlace {
  const directory = resolve(stateDirectory, name);
  return {
    name,
    stateDirectory,
    directory,
    stateFile: join(directory, 'host.sqlite'),
    blobDirectory: join(directory, 'blobs'),
    azuriteCatalogue: join(directory, 'storage', '__azurite_db_blob__.json'),
    logFile: join(directory, 'logs', 'host.log'),
    reportDirectory: join(directory, 'reports'),
    lockFile: join(directory, 'command.lock'),
    ownerFile: join(directory, 'command.pid'),
    mongodPortFile: join(directory, 'mongodb.port'),
    mongodPasswordFile: join(directory, 'mongodb.password'),
  };
}

/**
 * Makes the directories of a place, and tries them; the history in it may name hosts and tables, so only its owner may look.
 * Throws MigrationError('config'), also where the place belongs to another user: that one could put in what is gone on with.
 */
export function makePlace({ directory }: StatePlace): void {
  tryDirectory(join(directory, 'logs'), 'The state directory', '--state-dir', 0o700);
  const { uid, mode } = statSync(directory);
  const own = process.getuid?.() ?? uid;
  if (own !== uid && own !== 0) {
    throw new MigrationError('config', `The state directory cannot be used: ${directory} belongs to another user`, {
      hint: 'Choose another one with --state-dir',
    });
  }
  if ((mode & 0o077) !== 0) chmodSync(directory, 0o700);
}

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw unusable(file, error);
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new MigrationError('config', `The state file is damaged: ${file}`, {
      hint: 'Remove it; the migration can be started again, as copying twice changes nothing',
      cause: error,
    });
  }
}

async function writeJson(file: string, value: unknown): Promise<void> {
  // Renamed into place, so that a kill leaves the old file or the new one.
  const next = `${file}.${process.pid}.new`;
  try {
    await writeFile(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    await rename(next, file);
  } catch (error) {
    throw unusable(file, error);
  }
}

/**
 * What the command remembers of the last run in a place; null where none was begun there. Throws `config` where the
 * file is damaged.
 */
export function readRecord(place: StatePlace): Promise<StateRecord | null> {
  return readJson(join(place.directory, RECORD_FILE), Record);
}

/** Remembers a run in place of the one before. A kill leaves the old record or the new one. */
export function writeRecord(place: StatePlace, record: Omit<StateRecord, 'updatedAt'>): Promise<void> {
  return writeJson(join(place.directory, RECORD_FILE), { ...record, updatedAt: new Date().toISOString() });
}

/** Tells other calls of the command where this one's host is; readable by its owner only, as the key opens the host. */
export function writeLiveHost(place: StatePlace, host: LiveHost): Promise<void> {
  return writeJson(liveHostFile(place), host);
}

/** Where the address and the key of the host stand that runs in this place. */
export function liveHostFile(place: Pick<StatePlace, 'directory'>): string {
  return join(place.directory, LIVE_FILE);
}

/** Once it is gone, other calls of the command find no host in this place. */
export function removeLiveHost(place: StatePlace): Promise<void> {
  return rm(liveHostFile(place), { force: true });
}

/** The host that runs in this place, or null. Its command may have been killed: then it is about to end. */
export async function readLiveHost(place: StatePlace): Promise<LiveHost | null> {
  const host = await readJson(join(place.directory, LIVE_FILE), LiveHost);
  return host !== null && isRunning(host) ? host : null;
}

/** Everything that runs in the directory of that name are called. */
function namesIn(name: string): string[] {
  return RUN_KINDS.map((kind) => runName(name, kind));
}

/** Names of the places in a state directory, also of those in which nothing has been recorded yet. */
export async function placeNames(stateDirectory: string): Promise<string[]> {
  try {
    const entries = await readdir(stateDirectory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw unusable(stateDirectory, error);
  }
}

/** The place of that name, or whose last run has that id; without a name the one that was written last. Null when there is none. */
export async function findRecordedPlace(stateDirectory: string, name: string | null): Promise<StatePlace | null> {
  const names = await placeNames(stateDirectory);
  const found: { readonly place: StatePlace; readonly record: StateRecord }[] = [];
  for (const one of name !== null && names.includes(name) ? [name] : names) {
    const place = placeOf(stateDirectory, one);
    const record = await readRecord(place);
    if (record !== null && (name === null || record.id === name || namesIn(one).includes(name)))
      found.push({ place, record });
  }
  const latest = found.toSorted((a, b) => b.record.updatedAt.localeCompare(a.record.updatedAt))[0];
  return latest?.place ?? null;
}
