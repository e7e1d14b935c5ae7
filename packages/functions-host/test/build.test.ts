import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';

// The package as it is published, installed in a project that is not this repository.

const PACKAGE = join(import.meta.dirname, '..');
const INSTALLED = join(PACKAGE, '../../node_modules');
let project: string;

beforeAll(async () => {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: PACKAGE });
  project = await mkdtemp(join(tmpdir(), 'functions-host-build-'));
  await mkdir(join(project, 'node_modules/@mlflow-migrate'), { recursive: true });
  await cp(join(PACKAGE, 'dist'), join(project, 'node_modules/@mlflow-migrate/functions-host'), { recursive: true });
  for (const name of ['@azure', '@types', 'durable-functions', 'undici-types'])
    await symlink(join(INSTALLED, name), join(project, 'node_modules', name));
  await cp(join(import.meta.dirname, 'apps/classic'), join(project, 'app'), { recursive: true });
});

afterAll(() => rm(project, { recursive: true, force: true }));

test('it starts a host for an app, from JavaScript', async () => {
  await writeFile(
    join(project, 'use.mjs'),
    `import { forkHost } from '@mlflow-migrate/functions-host';
import { tryLockFile } from '@mlflow-migrate/functions-host/lockFile';
const host = await forkHost({ appDirectory: 'app', stateFile: 'state/own.sqlite', settings: {} });
const response = await fetch(host.url + '/api/files/any');
await host.stop();
console.log(JSON.stringify({ status: response.status, isFree: tryLockFile('state/own.sqlite.lock') !== null }));`,
  );
  const output = execFileSync(process.execPath, ['use.mjs'], { cwd: project, encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual({ status: 200, isFree: true });
});

test('its command starts a host, and says where the functions are and what opens them', async () => {
  const main = join(project, 'node_modules/@mlflow-migrate/functions-host/main.js');
  const host = spawn(process.execPath, [main], { cwd: join(project, 'app'), stdio: ['ignore', 'pipe', 'ignore'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: host.stdout })) {
    lines.push(line);
    if (line.startsWith('Function key')) break;
  }
  const [, url = ''] = /^ {2}GET,POST (http:.*\/api\/)files\/\{\*path\}$/m.exec(lines.join('\n')) ?? [];
  const key = lines.at(-1)?.split(': ')[1] ?? '';
  const statusOf = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`${url}start/hello`, { method: 'POST', headers })).status;
  expect([await statusOf({}), await statusOf({ 'x-functions-key': key })]).toEqual([401, 202]);
  host.kill('SIGTERM');
  expect(await once(host, 'exit')).toEqual([0, null]);
});

test('its types are found', async () => {
  await writeFile(
    join(project, 'use.ts'),
    `import { type ForkOptions, forkHost, type RunningHost } from '@mlflow-migrate/functions-host';
import { type FileLock, tryLockFile } from '@mlflow-migrate/functions-host/lockFile';
export const start = (options: ForkOptions): Promise<RunningHost> => forkHost(options);
export const lock: FileLock | null = tryLockFile('x');
// @ts-expect-error: a host needs a state file.
void forkHost({ appDirectory: '.', settings: {} });`,
  );
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--skipLibCheck', 'false', '--types', 'node'];
  execFileSync(process.execPath, [join(INSTALLED, 'typescript/bin/tsc'), ...flags, 'use.ts'], {
    cwd: project,
    stdio: 'inherit',
  });
});
