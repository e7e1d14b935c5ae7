import { access, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '@mlflow-migrate/dev-servers/cacheDirectory';
import { runGuarded } from './guardedCommand.ts';

const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11'];
const INSTALL_TIMEOUT_MS = 15 * 60_000;
const CHECK_TIMEOUT_MS = 120_000;
/** A release of MLflow of which every registry has all packages. */
const WHOLE_MLFLOW = '3.17.2';

/** What an environment is for. */
export interface VenvWish {
  /** MLflow's release. */
  readonly mlflow: string;
  /** Other packages, with their versions. */
  readonly packages: readonly string[];
  /** Modules that must be there beside MLflow. */
  readonly imports: readonly string[];
}

/** Either the directory of a virtual environment with MLflow and what else was wished for, or why there can be none on this machine. */
export type VirtualEnvironment = { readonly directory: string } | { readonly missing: string };

/** Makes the environment in the cache directory, or finds it there from an earlier run. */
export async function virtualEnvironment(wish: VenvWish): Promise<VirtualEnvironment> {
  const { mlflow, packages } = wish;
  const directory = join(cacheDirectory(), `venv-${[mlflow, ...packages].join('-').replaceAll('==', '-')}`);
  if (await isComplete(directory, wish)) return { directory };
  const python = await findPython();
  if (python === undefined) return { missing: 'there is no Python 3.11 or newer' };
  // Under another name until it is complete; scripts in it name its place, so only `python -m` is ever used.
  const unfinished = `${directory}.${process.pid}`;
  const pip = [join(unfinished, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  try {
    for (const argv of [
      [python, '-m', 'venv', unfinished],
      [...pip, `mlflow==${WHOLE_MLFLOW}`, ...packages],
      // Its main package alone has all of it; the smaller ones that it names may come to a registry later.
      [...pip, '--no-deps', `mlflow==${mlflow}`],
    ]) {
      const { exitCode, stderr } = await runGuarded({ argv }, INSTALL_TIMEOUT_MS);
      if (exitCode !== 0) return { missing: `${argv.slice(1, 4).join(' ')} failed: ${lastLine(stderr)}` };
    }
    await rm(directory, { recursive: true, force: true });
    await rename(unfinished, directory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  if (await isComplete(directory, wish)) return { directory };
  throw new Error(`${directory} was made, but MLflow cannot be imported in it`);
}

async function isComplete(directory: string, { mlflow, imports }: VenvWish): Promise<boolean> {
  const python = join(directory, 'bin', 'python');
  try {
    await access(python);
  } catch {
    // Not made yet.
    return false;
  }
  const program = `import ${['sys', 'mlflow', ...imports].join(', ')}; sys.exit(mlflow.__version__ != '${mlflow}')`;
  return (await runGuarded({ argv: [python, '-c', program] }, CHECK_TIMEOUT_MS)).exitCode === 0;
}

async function findPython(): Promise<string | undefined> {
  for (const python of PYTHONS) {
    const argv = ['/bin/sh', '-c', `exec ${python} -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))'`];
    if ((await runGuarded({ argv }, CHECK_TIMEOUT_MS)).exitCode === 0) return python;
  }
  return undefined;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
