import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cachePath } from '@mlflow-migrate/dev-servers/cacheDirectory';
import { makeDirectory } from '@mlflow-migrate/dev-servers/makeDirectory';

/**
 * Keeps what this process and those that it starts compile from here on, for their next runs: they spend half a second each
 * on what the last run compiled too. What is imported statically beside the call is not cached.
 */
export function cacheCompiled(): void {
  const compiled = join(cachePath(), 'compiled');
  try {
    // Made here, as Node never comes back from making a directory in /proc and its like.
    makeDirectory(compiled);
    enableCompileCache(compiled);
    process.env['NODE_COMPILE_CACHE'] ??= compiled;
  } catch {
    // Without a cache it only takes longer.
  }
}
