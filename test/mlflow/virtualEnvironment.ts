import { access, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '@mlflow-migrate/dev-servers/cacheDirectory';
import { runGuarded } from './guardedCommand.ts';

const INSTALL_TIMEOUT_MS = 15 * 60_000;
const CHECK_TIMEOUT_MS = 120_000;
/** Parts of MLflow that its own package asks for at its own version, and holds itself. */
const PARTS = ['mlflow-skinny', 'mlflow-tracing'];

/** What an environment is for. */
export interface VenvWish {
  /** MLflow's release. */
  readonly mlflow: string;
  /** Other packages, with their versions. */
  readonly packages: readonly string[];
  /** Modules that must be there beside MLflow. */
  readonly imports: readonly string[];
}

/** Either the directory of a virtual environment, or why there can be none on this machine. */
export type VirtualEnvironment = { readonly directory: string } | { readonly missing: string };

/** Makes the environment in the cache directory, or finds it there from an earlier run. */
export async function virtualEnvironment(wish: VenvWish): Promise<VirtualEnvironment> {
  const name = [wish.mlflow, ...wish.packages]
    .join('-')
    .replaceAll('==', '-')
    .replaceAll(/[<>=]+/g, '-below-');
  const directory = join(cacheDirectory(), `venv-${name}`);
  if (await isComplete(directory, wish)) return { directory };
  const python = await findPython(wish.mlflow);
  if (python === undefined) return { missing: `there is no ${pythonsFor(wish.mlflow).join(', ')} with venv` };
  // Under another name until it is complete; scripts in it name its place, so only `python -m` is ever used.
  const unfinished = `${directory}.${process.pid}`;
  try {
    const failure = (await run([python, '-m', 'venv', unfinished])) ?? (await install(unfinished, wish));
    if (failure !== null) return { missing: failure };
    await rm(directory, { recursive: true, force: true });
    await rename(unfinished, directory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  if (await isComplete(directory, wish)) return { directory };
  throw new Error(`${directory} was made, but MLflow cannot be imported in it`);
}

/** What went wrong, null for nothing. */
async function install(directory: string, { mlflow, packages }: VenvWish): Promise<string | null> {
  const pip = [join(directory, 'bin', 'python'), '-m', 'pip', '--quiet', '--disable-pip-version-check'];
  const failure = await run([...pip, 'install', `mlflow==${mlflow}`, ...packages]);
  if (failure === null) return null;
  // An index may have a release before its parts, or without them: then what those of the release before ask for, and MLflow's own package.
  return (
    (await run([...pip, 'install', `mlflow<=${mlflow}`, ...packages])) ??
    (await run([...pip, 'uninstall', '--yes', 'mlflow', ...PARTS])) ??
    ((await run([...pip, 'install', '--no-deps', `mlflow==${mlflow}`])) === null ? null : failure)
  );
}

async function run(argv: readonly string[]): Promise<string | null> {
  const { exitCode, stderr } = await runGuarded({ argv }, INSTALL_TIMEOUT_MS);
  return exitCode === 0 ? null : `${argv.slice(1).join(' ')} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`;
}

async function isComplete(directory: string, { mlflow, imports }: VenvWish): Promise<boolean> {
  const python = join(directory, 'bin', 'python');
  try {
    await access(python);
  } catch {
    // Not made yet.
    return false;
  }
  const program = `import ${['mlflow', ...imports].join(', ')}; assert mlflow.__version__ == '${mlflow}'`;
  return (await runGuarded({ argv: [python, '-c', program] }, CHECK_TIMEOUT_MS)).exitCode === 0;
}

/** Commands for Pythons that a release runs on, the likeliest first. */
function pythonsFor(mlflow: string): readonly string[] {
  const major = Number(mlflow.split('.')[0]);
  if (major >= 3) return ['python3', 'python3.13', 'python3.12', 'python3.11'];
  return major === 2 ? ['python3.11', 'python3.10', 'python3.9'] : ['python3.8', 'python3.7'];
}

async function findPython(mlflow: string): Promise<string | undefined> {
  const isTooOld = Number(mlflow.split('.')[0]) >= 3 ? 'sys.version_info < (3, 11)' : 'False';
  for (const python of pythonsFor(mlflow)) {
    const argv = ['/bin/sh', '-c', `exec ${python} -c 'import sys, venv; sys.exit(${isTooOld})'`];
    if ((await runGuarded({ argv }, CHECK_TIMEOUT_MS)).exitCode === 0) return python;
  }
  return undefined;
}
