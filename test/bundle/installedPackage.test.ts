import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cloneDatabase } from '@mlflow-migrate/dev-servers/databases';
import { findMongod } from '@mlflow-migrate/dev-servers/findMongod';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import type { MigrationReport } from '../../src/contract/migrationReport.ts';
import { fixtureCounts, templateName } from '../support/fixtures.ts';

// What `npm pack` makes, installed by npm without a registry and without a cache in a folder that is not this repository.

const ROOT = join(import.meta.dirname, '../..');
/** What the registry's page of a package says of its size is this. */
const MOST_PACKED_BYTES = 2_000_000;

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let directory: string;
let tarball: string;
let project: string;

async function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Result> {
  // Of this machine's environment nothing but the programs may be needed; npm of the repository must not speak for npm here.
  const bare = { PATH: process.env['PATH'] ?? '', HOME: directory, ...env };
  const options = { cwd: project, env: bare, maxBuffer: 16 * 1024 * 1024 };
  try {
    return { code: 0, ...(await promisify(execFile)(file, args, options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

const runCommand = (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Result> =>
  run(join(project, 'node_modules/.bin/mlflow-migrate'), args, env);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlflow-installed-'));
  project = join(directory, 'project');
  await mkdir(project);
  // Built already, as everything that is tested here.
  const packed = await run('npm', ['pack', ROOT, '--ignore-scripts', '--json', '--pack-destination', directory]);
  expect(packed).toMatchObject({ code: 0 });
  tarball = join(directory, `${manifest.name}-${manifest.version}.tgz`);
  const installed = await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball]);
  expect(installed).toMatchObject({ code: 0 });
});

afterAll(() => rm(directory, { recursive: true, force: true }));

test('the package is small, needs no other, and holds no path of the machine that packed it', async () => {
  expect((await stat(tarball)).size).toBeLessThan(MOST_PACKED_BYTES);
  expect(await readdir(join(project, 'node_modules'))).toEqual(['.bin', '.package-lock.json', 'mlflow-migrate']);
  const installed = join(project, 'node_modules/mlflow-migrate');
  const files = await readdir(installed, { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile())) {
    const text = await readFile(join(file.parentPath, file.name), 'utf8');
    expect(text.includes(ROOT), file.name).toBe(false);
  }
  const names = files.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['THIRD-PARTY-NOTICES.txt', 'mlflow-migrate.1']));
});

test('it migrates a database, with a MongoDB of its own', async () => {
  const postgresUri = await cloneDatabase(inject('postgresUri'), templateName('1.30.1'), `installed_${process.pid}`);
  const env = { MONGOD_PATH: await findMongod(), XDG_CACHE_HOME: join(directory, 'cache'), POSTGRES_URI: postgresUri };
  const { code, stdout, stderr } = await runCommand(['--json'], env);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('starting a local MongoDB') });
  const report = JSON.parse(stdout) as MigrationReport;
  const { tables } = await fixtureCounts('1.30.1');
  const rows = Object.values(tables).reduce((sum, count) => sum + count, 0);
  expect({ status: report.status, rows: report.totals.migrated }).toEqual({ status: 'completed', rows });
  // A command of its own finds what the other left behind.
  expect((await runCommand(['status'], env)).stdout).toContain('completed');
});

test('where there is no MongoDB to start, it says what is missing and how to get it', async () => {
  // Names of this mirror resolve nowhere (RFC 6761); the only program on the path is Node.js, which the command begins with.
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  const { code, stderr } = await runCommand(['--postgres-uri', 'postgresql://127.0.0.1:9/mlflow'], {
    PATH: bin,
    XDG_CACHE_HOME: join(directory, 'empty'),
    MONGODB_DOWNLOAD_MIRROR: 'https://mongodb.invalid',
  });
  expect(stderr).toContain(
    'Error: No mongod found for the local MongoDB:\n- MONGOD_PATH: not set\n- PATH: not found\n',
  );
  expect(stderr).toContain(
    'Install MongoDB, set MONGOD_PATH to a mongod, or name a server of your own with --mongodb-uri',
  );
  expect(code).toBe(2);
});

test('a Node.js that is too old gets one line, and nothing else is read', async () => {
  const older = join(directory, 'older.cjs');
  await writeFile(
    older,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });\n",
  );
  const { code, stdout, stderr } = await run(process.execPath, [
    '--require',
    older,
    join(project, 'node_modules/mlflow-migrate', manifest.bin['mlflow-migrate']),
    '--no-such-option',
  ]);
  expect(stderr).toMatch(/^mlflow-migrate needs Node\.js 22\.18 or newer, and this is 20\.20\.2 \(.*node.*\): .*\n$/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});
