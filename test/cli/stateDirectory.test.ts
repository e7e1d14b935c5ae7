import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
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

/** A file system of that size, where this process may make one; `options` is what it is to be like at the end. */
function mountSmall(directory: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { stdio: 'ignore' });
}

function mayMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'mlflow-mount-'));
  try {
    mountSmall(directory, 'size=64k');
    execFileSync('umount', [directory]);
    return true;
  } catch {
    // Only root may, and not in every container.
    return false;
  } finally {
    rmdirSync(directory);
  }
}

test.runIf(mayMount()).each([
  ['a full disk', 'size=4k', 'ENOSPC'],
  ['a nearly full disk', 'size=128k', 'ENOSPC'],
  ['a read-only disk', 'size=16m,ro', 'EROFS'],
])('%s is told in one line, before anything is done', async (_what, options, code) => {
  await using directory = await temporaryDirectory();
  const disk = join(directory.path, 'disk');
  await mkdir(disk);
  mountSmall(disk, options);
  try {
    const ends = ['--postgres-uri', 'postgresql://h/d', '--mongodb-uri', 'mongodb://h', '--drop-target'];
    for (const places of [
      ['--state-dir', disk],
      ['--state-dir', directory.path, '--report-dir', disk],
    ]) {
      const result = await runHere([...ends, ...places]);
      expect(result.stderr).toMatch(/^Error: The (?:state directory|directory for reports) cannot be used: /);
      expect(result.stderr.split('\n')[0]).toContain(`(${code})`);
      expect(result).toMatchObject({ code: 2, stdout: '' });
    }
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('a symbolic link that leads nowhere, or to itself, is no state directory', async () => {
  await using directory = await temporaryDirectory();
  const link = join(directory.path, 'link');
  for (const target of [join(directory.path, 'none', 'there'), link]) {
    await symlink(target, link);
    expect(() => makePlace(placeOf(link, 'a'))).toThrow(expect.objectContaining({ kind: 'config' }));
    await rm(link);
  }
});

test('a place that others may look into is closed to them, and one of another user is not used', async () => {
  await using directory = await temporaryDirectory();
  const place = placeOf(directory.path, 'a');
  await mkdir(place.directory, { mode: 0o755 });
  makePlace(place);
  expect((await stat(place.directory)).mode & 0o777).toBe(0o700);
  const { uid } = await stat(place.directory);
  const asAnother = vi.spyOn(process, 'getuid').mockReturnValue(uid + 1);
  try {
    expect(() => makePlace(place)).toThrow(`${place.directory} belongs to another user`);
  } finally {
    asAnother.mockRestore();
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
  const { stdout } = await runHere(['report', 'migration-a', '--json', '--state-dir', directory.path]);
  expect(JSON.parse(stdout)).toEqual({ reports });
});
