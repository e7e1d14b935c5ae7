/**
 * `npm test`: all suites on real servers. Arguments go on to vitest, such as the name of a file. Ends with the line
 * `N passed, N failed`; fails on any failed test, on errors outside of tests, when nothing ran, and when the password of
 * the test servers turns up in what the suites print or leave on disk.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { filesWithSecret } from '../test/support/canary.ts';

/** What is read of vitest's JSON results. */
interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** False too when a file could not be loaded, or when an error came up outside of all tests. */
  readonly success: boolean;
  /** A file that could not be loaded is failed and has no test. */
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const MEMORY_PLACE = '/dev/shm';
/** What Linux calls a file system of this kind (statfs(2)). */
const TMPFS = 0x0102_1994;
/** The suites have left up to 5 GB there. */
const MEMORY_NEEDED = 10 * 2 ** 30;

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = await mkdtemp(join(await scratchPlace(), 'mlflow-migrate-run-'));
// PostgreSQL runs as another user where this is run as root.
await chmod(directory, 0o755);
const resultsFile = join(directory, 'results.json');
const canaryFile = join(directory, 'canary');
/** The suites' own temporary directory: what is in it when they have ended is what they leave. */
const temporary = join(directory, 'tmp');
await mkdir(temporary);
await chmod(temporary, 0o777);

const complaints: string[] = [];
let output = '';
const exitCode = await runVitest();
const results = await readResults();
if (results === null) complaints.push('The suites ended without results');
else if (results.testResults.length > 0) await lookForCanary();
await rm(directory, { recursive: true, force: true });

const unloadable =
  results?.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
    .length ?? 0;
const passed = results?.numPassedTests ?? 0;
const skipped = (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0);
if (unloadable > 0) complaints.push(`${unloadable} test files could not be run`);
if (passed + (results?.numFailedTests ?? 0) === 0) complaints.push('No test ran');
const isFailure = exitCode !== 0 || results?.success === false;
if (isFailure && complaints.length === 0 && results?.numFailedTests === 0)
  complaints.push('There were errors outside of the tests');
for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
const failed = (results?.numFailedTests ?? 0) + complaints.length;
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed > 0 || isFailure ? 1 : 0;

/**
 * Where the servers of the suites have their data: in memory where it is large enough, as mongod waits for the disk at every
 * collection that it makes. TMPDIR, where it is set, holds.
 */
async function scratchPlace(): Promise<string> {
  if (process.env['TMPDIR'] !== undefined || process.availableMemory() < MEMORY_NEEDED) return tmpdir();
  try {
    const { type, bavail, bsize } = await statfs(MEMORY_PLACE);
    return type === TMPFS && bavail * bsize >= MEMORY_NEEDED ? MEMORY_PLACE : tmpdir();
  } catch {
    // Not every system has it.
    return tmpdir();
  }
}

async function runVitest(): Promise<number> {
  const main = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`];
  // On a terminal vitest draws by itself; otherwise what it prints is kept, to be searched.
  const isTerminal = process.stdout.isTTY;
  const child = spawn(process.execPath, [main, ...args, ...process.argv.slice(2)], {
    cwd: root,
    stdio: isTerminal ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary, TEST_CANARY_FILE: canaryFile },
  });
  // Ctrl-C in a terminal reaches vitest by itself, which then stops the servers.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  forward(child.stdout, process.stdout);
  forward(child.stderr, process.stderr);
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}

function forward(from: Readable | null, to: Writable): void {
  if (from === null) return;
  createInterface({ input: from }).on('line', (line) => {
    output += `${line}\n`;
    // The file is gone in a moment: nobody needs to know where it was.
    if (!line.startsWith('JSON report written to ')) to.write(`${line}\n`);
  });
}

async function readResults(): Promise<Results | null> {
  try {
    return JSON.parse(await readFile(resultsFile, 'utf8')) as Results;
  } catch {
    // vitest was killed, or did not even begin.
    return null;
  }
}

/** The password of the servers may stand in no file that is left, in no line that was printed, in no result. */
async function lookForCanary(): Promise<void> {
  let canary: string;
  try {
    canary = await readFile(canaryFile, 'utf8');
    await rm(canaryFile);
  } catch {
    complaints.push('The test servers did not say which password must not turn up');
    return;
  }
  if (output.includes(canary)) complaints.push('The password of the test servers was printed');
  for (const file of await filesWithSecret(directory, canary)) {
    complaints.push(`The password of the test servers stands in ${file.slice(directory.length + 1)}`);
  }
}
