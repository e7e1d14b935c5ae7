import { fileURLToPath } from 'node:url';
import { runGuarded } from './guardedCommand.ts';
import type { Servers } from './servers.ts';

const PYTHON_PROGRAMS = fileURLToPath(new URL('python/', import.meta.url));
const LOG_CHARACTERS = 3_000;

/** Runs one of the Python programs and returns the JSON it prints, which it may follow with exit code 1. */
export async function runPython(
  { python }: Pick<Servers, 'python'>,
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
  isSilent = false,
): Promise<unknown> {
  const argv = [python, `${PYTHON_PROGRAMS}${program}`, ...args];
  const quiet = {
    PYTHONDONTWRITEBYTECODE: '1',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    // The client waits minutes for a better answer than HTTP 500; here that is the answer.
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
    // Only JSON belongs on stdout; the client would print a link after each run.
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: 'true',
    MLFLOW_SQL_TRACE_ROLLUPS_ENABLED: 'true',
  };
  const { exitCode, stdout, stderr } = await runGuarded({ argv, env: { ...quiet, ...env } }, timeoutMs);
  const hasAnswer = stdout.startsWith('{') && (exitCode === 0 || exitCode === 1);
  if (isSilent ? exitCode !== 0 : !hasAnswer) {
    throw new Error(`${program} ended with ${exitCode}:\n${stderr.slice(-LOG_CHARACTERS)}`);
  }
  return isSilent ? undefined : JSON.parse(stdout);
}
