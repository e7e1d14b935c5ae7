import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../../local/stack/cacheDirectory.ts';
import { runProgram } from './process.ts';

/** What is installed, to the digit: the questions and the list of known differences are about these releases. */
const REQUIREMENTS = ['mlflow==3.17.2', 'mlflow-mongodb==0.1.0b2', 'psycopg2-binary==2.9.13'];
const NAME = 'venv-mlflow-3.17.2-plugin-0.1.0b2';
const CANDIDATES = ['python3.13', 'python3.12', 'python3.11', 'python3', 'python'];

/** Why real MLflow cannot be run on this machine. */
export class CannotRunError extends Error {}

/** The `bin` directory of a virtual environment with real MLflow, made on first use. Throws {@link CannotRunError} where Python or PyPI is not at hand. */
export async function pythonEnvironment(notice: (text: string) => void): Promise<string> {
  const directory = join(await cacheDirectory(), NAME);
  const bin = join(directory, process.platform === 'win32' ? 'Scripts' : 'bin');
  const marker = join(directory, '.complete');
  if (await exists(marker)) return bin;
  const python = await findPython();
  notice(`Installing ${REQUIREMENTS.join(', ')} into ${directory} (once; about two minutes)`);
  await rm(directory, { recursive: true, force: true });
  const made = await runProgram(python, ['-m', 'venv', directory]);
  if (made.exitCode !== 0)
    throw new CannotRunError(`${python} cannot make a virtual environment: ${lastLine(made.stderr)}`);
  const installed = await runProgram(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', ...REQUIREMENTS]);
  if (installed.exitCode !== 0) throw new CannotRunError(`pip cannot install MLflow: ${lastLine(installed.stderr)}`);
  await writeFile(marker, `${REQUIREMENTS.join('\n')}\n`);
  return bin;
}

async function findPython(): Promise<string> {
  for (const candidate of CANDIDATES) {
    const isNewEnough = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))';
    const found = await runProgram(candidate, ['-c', isNewEnough]).catch(() => undefined);
    if (found?.exitCode === 0) return candidate;
  }
  throw new CannotRunError('no Python 3.11 or newer with venv on PATH');
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
