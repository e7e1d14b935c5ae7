/** `npm start`: servers, a real MLflow database as the sample, and its migration by the very command that an operator uses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheCompiled } from '../src/cli/compileCache.ts';

cacheCompiled();

const INTERRUPTED = 130;

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = join(root, '.mlflow-migrate', 'sample');
const say = (text: string): void => void process.stderr.write(`${text}\n`);

let command: ChildProcess | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Before the command runs nothing is worth a clean end: the guard stops the servers.
    if (!command) process.exit(INTERRUPTED);
    // Ctrl-C in a terminal reaches the command by itself, and a second one would mean "at once".
    if (signal !== 'SIGINT' || !process.stdin.isTTY) command.kill(signal);
  });
}

// Imported late, as only what is loaded from here on is cached.
const { ERROR_POLICY, MigrationError } = await import('../src/errors.ts');
const { startSample } = await import('./startSample.ts');
const { buildWhenChanged } = await import('../scripts/buildWhenChanged.ts');
// The servers take as long to start as the app to build.
const built = buildWhenChanged(() => undefined);
// Whether it could be built is asked below, when there are servers to stop.
built.catch(() => undefined);
try {
  const sample = await startSample(directory, say);
  try {
    await built;
    // URIs go by environment, because everybody can read the arguments of a process.
    const args = ['--yes', '--state-dir', join(directory, 'state'), '--report-dir', join(directory, 'reports')];
    say('Migrating it with: mlflow-migrate --yes\n');
    process.exitCode = await runCommand(args, sample.settings);
  } finally {
    await sample.stop();
  }
} catch (error) {
  say(error instanceof MigrationError ? `${error.message}\n${error.hint}` : String(error));
  process.exitCode = error instanceof MigrationError ? ERROR_POLICY[error.kind].exitCode : 1;
}

async function runCommand(args: readonly string[], settings: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(process.execPath, [join(root, 'src', 'cli', 'main.ts'), ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...settings },
  });
  command = child;
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? INTERRUPTED));
  });
}
