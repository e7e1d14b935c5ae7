import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import packageJson from '../../../../package.json' with { type: 'json' };
import {
  checkMongod,
  checkNode,
  checkPort,
  checkStateDirectory,
  checkStorage,
} from '../../../../src/cli/doctor/machineChecks.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test('the Node that is asked for is that of package.json', () => {
  const [, major = 0, minor = 0] = (/^>=(\d+)\.(\d+)$/.exec(packageJson.engines.node) ?? []).map(Number);
  const cure = `Install Node ${major}.${minor} or later: https://nodejs.org/en/download`;
  for (const version of [`${major}.${minor - 1}.9`, `${major - 1}.99.0`])
    expect(checkNode(version)).toMatchObject({ state: 'missing', cure });
  for (const version of [`${major}.${minor}.0`, `${major + 1}.0.0`])
    expect(checkNode(version)).toMatchObject({ state: 'ok', cure: '' });
});

test('a state directory that can be made is fine, and not made; one that cannot says what to do', async () => {
  const wanted = join(directory, 'state');
  expect(await checkStateDirectory(wanted)).toMatchObject([{ state: 'ok' }, { name: 'Free room' }]);
  expect(() => rmSync(wanted, { recursive: true })).toThrow(/ENOENT/);
  const file = join(directory, 'file');
  writeFileSync(file, '');
  expect(await checkStateDirectory(file)).toMatchObject([
    { state: 'missing', cure: expect.stringContaining('--state-dir') },
  ]);
});

test('the host can listen, and state goes to where the settings say', async () => {
  expect(await checkPort()).toMatchObject({ state: 'ok' });
  expect(checkStorage({})).toMatchObject({ found: 'files in the state directory' });
  expect(checkStorage({ AzureWebJobsStorage: 'secret' }).found).toBe('the storage account of AzureWebJobsStorage');
});

test('a mongod that is not there is fetched later, one that is named wrongly is missing; nothing is fetched to find out', async () => {
  const nothing = { PATH: directory, XDG_CACHE_HOME: directory, HOME: directory };
  expect(await checkMongod(nothing)).toMatchObject({ state: 'note' });
  expect(await checkMongod({ ...nothing, MONGOD_PATH: join(directory, 'none') })).toMatchObject({ state: 'missing' });
});
