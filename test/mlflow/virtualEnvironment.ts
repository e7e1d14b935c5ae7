import { access, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '@mlflow-migrate/dev-servers/cacheDirectory';
import { runGuarded } from './guardedCommand.ts';

/** The releases that the layout is specified for (`docs/reference/mlflow-mongodb-layout.md`); nothing else may be asked. */
const MLFLOW_VERSION = '3.17.2';
const PACKAGES = [`mlflow==${MLFLOW_VERSION}`, 'mlflow-mongodb==0.1.0b2', 'psycopg2-binary'];
const IMPORTS = `import mlflow, mlflow_mongodb, psycopg2; assert mlflow.__version__ == '${MLFLOW_VERSION}'`;
const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11'];
const INSTALL_TIMEOUT_MS = 15 * 60_000;
const CHECK_TIMEOUT_MS = 120_000;

/** Either the directory of a virtual environment with MLflow and the plugin, or why there can be none on this machine. */
export type VirtualEnvironment = { readonly directory: string } | { readonly missing: string };

/** Makes the environment in the cache directory, or finds it there from an earlier run. */
export async function virtualEnvironment(): Promise<VirtualEnvironment> {
  const directory = join(cacheDirectory(), `venv-${MLFLOW_VERSION}`);
  if (await isComplete(directory)) return { directory };
  const python = await findPython();
  if (python === undefined) return { missing: 'there is no Python 3.11 or newer' };
  // Under another name until it is complete; scripts in it name its place, so only `python -m` is ever used.
  const unfinished = `${directory}.${process.pid}`;
  try {
    for (const argv of [
      [python, '-m', 'venv', unfinished],
      [
        join(unfinished, 'bin', 'python'),
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        ...PACKAGES,
      ],
    ]) {
      const { exitCode, stderr } = await runGuarded({ argv }, INSTALL_TIMEOUT_MS);
      if (exitCode !== 0) return { missing: `${argv.slice(1, 4).join(' ')} failed: ${lastLine(stderr)}` };
    }
    await rm(directory, { recursive: true, force: true });
    await rename(unfinished, directory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  if (await isComplete(directory)) return { directory };
  throw new Error(`${directory} was made, but MLflow cannot be imported in it`);
}

async function isComplete(directory: string): Promise<boolean> {
  const python = join(directory, 'bin', 'python');
  try {
    await access(python);
  } catch {
    // Not made yet.
    return false;
  }
  return (await runGuarded({ argv: [python, '-c', IMPORTS] }, CHECK_TIMEOUT_MS)).exitCode === 0;
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
