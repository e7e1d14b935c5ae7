import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Path of {@link cacheDirectory}, which may not be there. */
export function cachePath(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment['XDG_CACHE_HOME'];
  // The XDG specification has relative paths ignored.
  return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'mlflow-migrate');
}

/** Where things fetched once stay for all later runs: `$XDG_CACHE_HOME/mlflow-migrate`, by default in `~/.cache`. Made when missing. */
export async function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const directory = cachePath(environment);
  await mkdir(directory, { recursive: true });
  return directory;
}
