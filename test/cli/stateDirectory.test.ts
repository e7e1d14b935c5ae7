import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockPlace } from '../../src/cli/place/placeLock.ts';
import { markOf } from '../../src/cli/place/processMark.ts';
import {
  findRecordedPlace,
  makePlace,
  placeOf,
  readLiveHost,
  readRecord,
  removeLiveHost,
  writeLiveHost,
  writeRecord,
} from '../../src/cli/place/stateDirectory.ts';
import { keepingOutput, runHere, temporaryDirectory } from './runCli.ts';

const quiet = keepingOutput(true, { stdout: '', stderr: '' });

const record = { id: 'migration-a', source: 's', target: 't', layout: 'tables', status: 'running', reports: null };

test('remembers the last run of each name, and finds the latest', async () => {
  await using directory = await temporaryDirectory();
  expect(await findRecordedPlace(join(directory.path, 'none'), null)).toBeNull();
  for (const name of ['a', 'b']) {
    const place = placeOf(directory.path, name);
    makePlace(place);
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
  makePlace(place);
  const host = { url: 'http://127.0.0.1:1', key: 'k', ...markOf(process.pid) };
  await writeLiveHost(place, host);
  expect(await readLiveHost(place)).toEqual(host);
  expect((await stat(join(place.directory, 'host.json'))).mode & 0o777).toBe(0o600);
  await writeLiveHost(place, { ...host, pid: 2 ** 22 + 1 });
  expect(await readLiveHost(place)).toBeNull();
  // Its id was given to another process since.
  await writeLiveHost(place, { ...host, startedAt: '1' });
  expect(await readLiveHost(place)).toBeNull();
  await removeLiveHost(place);
  expect(await readLiveHost(place)).toBeNull();
});

test('says what is wrong with a state directory', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'file');
  await writeFile(file, '');
  expect(() => makePlace(placeOf(file, 'a'))).toThrow(
    expect.objectContaining({ kind: 'config', hint: expect.stringContaining('--state-dir') }),
  );
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

test('a second command on a migration that runs is told so in one line', async () => {
  await using directory = await temporaryDirectory();
  const place = placeOf(directory.path, 'lab');
  const lock = await lockPlace(place, quiet, new AbortController().signal);
  const ends = ['--postgres-uri', 'postgresql://h/d', '--mongodb-uri', 'mongodb://h'];
  const { code, stdout, stderr } = await runHere([...ends, '--name', 'lab', '--quiet', '--state-dir', directory.path]);
  lock.release();
  expect(stderr.split('\n')).toEqual([
    `Error: Another mlflow-migrate (process ${process.pid}) works on lab`,
    expect.stringContaining('give another --name for another pair of databases'),
    '',
  ]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test.each(['--state-dir', '--report-dir'])('%s is tried before anything is done', async (option) => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'file');
  await writeFile(file, '');
  const ends = ['--postgres-uri', 'postgresql://h/d', '--mongodb-uri', 'mongodb://h', '--drop-target'];
  const places = option === '--state-dir' ? [] : ['--state-dir', directory.path];
  for (const unusable of ['/proc/x/y', join(file, 'below'), file]) {
    const { code, stdout, stderr } = await runHere([...ends, ...places, option, unusable]);
    expect(stderr).toMatch(/^Error: The (state directory|directory for reports) cannot be used: /);
    expect(stderr).toContain(`Choose another one with ${option}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  }
});

test('report prints the files that an earlier call has written', async () => {
  await using directory = await temporaryDirectory();
  const place = placeOf(directory.path, 'lab');
  makePlace(place);
  const reports = { json: join(directory.path, 'r.json'), text: join(directory.path, 'r.txt'), html: '' };
  await writeFile(reports.text, 'TEXT\n');
  await writeFile(reports.json, '{}\n');
  await writeRecord(place, { ...record, status: 'completed', reports });
  expect((await runHere(['report', '--state-dir', directory.path])).stdout).toBe('TEXT\n');
  expect((await runHere(['report', 'migration-a', '--json', '--state-dir', directory.path])).stdout).toBe('{}\n');
});
