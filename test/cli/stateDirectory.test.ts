import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  findRecordedPlace,
  makePlace,
  placeOf,
  readLiveHost,
  readRecord,
  removeLiveHost,
  writeLiveHost,
  writeRecord,
} from '../../src/cli/stateDirectory.ts';
import { runHere, temporaryDirectory } from './runCli.ts';

const record = { id: 'migration-a', source: 's', target: 't', layout: 'tables', status: 'running', reports: null };

test('remembers the last run of each name, and finds the latest', async () => {
  await using directory = await temporaryDirectory();
  expect(await findRecordedPlace(join(directory.path, 'none'), null)).toBeNull();
  for (const name of ['a', 'b']) {
    const place = placeOf(directory.path, name);
    await makePlace(place);
    await writeRecord(place, { ...record, id: `migration-${name}` });
  }
  const place = placeOf(directory.path, 'b');
  expect(await readRecord(place)).toMatchObject({ ...record, id: 'migration-b' });
  expect((await findRecordedPlace(directory.path, null))?.name).toBe('b');
  expect((await findRecordedPlace(directory.path, 'a'))?.name).toBe('a');
  expect((await findRecordedPlace(directory.path, 'migration-a'))?.name).toBe('a');
  expect((await findRecordedPlace(directory.path, 'a-validate'))?.name).toBe('a');
  expect(await findRecordedPlace(directory.path, 'c')).toBeNull();
  expect((await readdir(place.directory)).toSorted()).toEqual(['logs', 'migration.json']);
});

test('keeps the address of a live host for its owner only, and forgets one that is gone', async () => {
  await using directory = await temporaryDirectory();
  const place = placeOf(directory.path, 'a');
  await makePlace(place);
  const host = { url: 'http://127.0.0.1:1', key: 'k', pid: process.pid, ownerPid: process.pid };
  await writeLiveHost(place, host);
  expect(await readLiveHost(place)).toEqual(host);
  expect((await stat(join(place.directory, 'host.json'))).mode & 0o777).toBe(0o600);
  await writeLiveHost(place, { ...host, pid: 2 ** 22 + 1 });
  expect(await readLiveHost(place)).toBeNull();
  await removeLiveHost(place);
  expect(await readLiveHost(place)).toBeNull();
});

test('says what is wrong with a state directory', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'file');
  await writeFile(file, '');
  await expect(makePlace(placeOf(file, 'a'))).rejects.toMatchObject({
    kind: 'config',
    hint: expect.stringContaining('--state-dir'),
  });
  const place = placeOf(directory.path, 'a');
  await mkdir(place.directory);
  await writeFile(join(place.directory, 'migration.json'), '{');
  await expect(readRecord(place)).rejects.toMatchObject({
    kind: 'config',
    message: expect.stringContaining('damaged'),
  });
});

test.each(['status', 'report', 'cancel', 'suspend', 'resume'])(
  '%s without any local state is a usage error',
  async (command) => {
    await using directory = await temporaryDirectory();
    const { code, stdout, stderr } = await runHere([command, '--state-dir', directory.path]);
    expect(stderr).toContain(`There is no migration in ${directory.path}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  },
);

test('a second command on a migration that runs is told to wait', async () => {
  await using directory = await temporaryDirectory();
  const place = placeOf(directory.path, 'lab');
  await makePlace(place);
  await writeRecord(place, record);
  await writeLiveHost(place, { url: 'http://127.0.0.1:1', key: 'k', pid: process.pid, ownerPid: process.pid });
  const ends = ['--postgres-uri', 'postgresql://h/d', '--mongodb-uri', 'mongodb://h'];
  const { code, stderr } = await runHere([...ends, '--name', 'lab', '--state-dir', directory.path]);
  expect(stderr).toContain(`Another mlflow-migrate (process ${process.pid}) works on lab`);
  expect(code).toBe(2);
});

test('report prints the files that an earlier call has written', async () => {
  await using directory = await temporaryDirectory();
  const place = placeOf(directory.path, 'lab');
  await makePlace(place);
  const reports = { json: join(directory.path, 'r.json'), text: join(directory.path, 'r.txt'), html: '' };
  await writeFile(reports.text, 'TEXT\n');
  await writeFile(reports.json, '{}\n');
  await writeRecord(place, { ...record, status: 'completed', reports });
  expect((await runHere(['report', '--state-dir', directory.path])).stdout).toBe('TEXT\n');
  expect((await runHere(['report', 'migration-a', '--json', '--state-dir', directory.path])).stdout).toBe('{}\n');
});
