import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DevServerError } from './devServerError.ts';
import { makeDirectory } from './makeDirectory.ts';

/** Path of {@link cacheDirectory}, which may not be there. */
export function cachePath(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment['XDG_CACHE_HOME'];
  // The XDG specification has relative paths ignored.
  return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'mlflow-migrate');
}

/** Where things fetched once stay for all later runs: `$XDG_CACHE_HOME/mlflow-migrate`, by default in `~/.cache`. Made when missing. Throws {@link DevServerError}. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const directory = cachePath(environment);
  try {
    makeDirectory(directory);
  } catch (error) {
    throw new DevServerError(
      'setup',
      `The cache directory cannot be made: ${directory} (${(error as NodeJS.ErrnoException).code})`,
      { hint: 'Name another place with XDG_CACHE_HOME, or correct its permissions', cause: error },
    );
  }
  return directory;
}
