import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the app needs on Azure, as paths from the root. */
export const NEEDED_FILES = ['host.json', 'package.json', manifest.main];

/** The names and patterns of `.funcignore`. Throws for what this reader does not know: negations, and paths but `directory/*`. */
async function readPatterns(): Promise<string[]> {
  const lines = (await readFile(join(ROOT, '.funcignore'), 'utf8')).split('\n').map((line) => line.trim());
  const patterns = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.replace(/\/$/, ''));
  const unknown = patterns.filter((pattern) => pattern.startsWith('!') || pattern.replace(/\/\*$/, '').includes('/'));
  if (unknown.length > 0) throw new Error(`.funcignore has patterns that this test cannot read: ${unknown.join(', ')}`);
  return patterns;
}

/** Does `.funcignore` leave out what has this path from the root? A pattern without a slash hits at any depth, one with a slash from the root. */
async function makeIgnorer(): Promise<(path: string) => boolean> {
  const patterns = await readPatterns();
  return (path) =>
    patterns.some((pattern) =>
      pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : matchesGlob(basename(path), pattern),
    );
}

/** Does `.funcignore` leave out the directory `node_modules` as such, rather than what is in it? */
export async function leavesOutNodeModules(): Promise<boolean> {
  return (await makeIgnorer())('node_modules');
}

/** Every file that a deployment of the working tree takes along, as paths from its root, sorted. */
export async function deployedFiles(): Promise<string[]> {
  const isLeftOut = await makeIgnorer();
  const walk = async (directory: string): Promise<string[]> => {
    const entries = await readdir(join(ROOT, directory), { withFileTypes: true });
    // A glob's star does not match a dot at the beginning, git's does: names such as `.git` are matched by `.*` in both.
    const kept = entries.filter(({ name }) => !isLeftOut(join(directory, name)));
    const nested = kept.map(async (entry): Promise<string[]> => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? walk(path) : [path];
    });
    return (await Promise.all(nested)).flat();
  };
  return (await walk('')).toSorted();
}

/** A directory with nothing but what the app needs, far from any node_modules, and room for a host's state beside it. */
export interface Deployment extends AsyncDisposable {
  readonly appDirectory: string;
  readonly stateFile: string;
}

export async function makeDeployment(): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-bundle-'));
  const appDirectory = join(directory, 'app');
  for (const file of NEEDED_FILES) await cp(join(ROOT, file), join(appDirectory, file));
  return {
    appDirectory,
    stateFile: join(directory, 'state', 'host.sqlite'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
