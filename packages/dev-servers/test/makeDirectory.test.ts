import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cacheDirectory } from '../src/cacheDirectory.ts';
import { makeDirectory } from '../src/makeDirectory.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dev-servers-make-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test('makes what is missing with the given mode, and is content with what is there', async () => {
  const path = join(directory, 'a', 'b', 'c');
  makeDirectory(path, 0o700);
  makeDirectory(path);
  for (const made of ['a', 'a/b', 'a/b/c']) expect((await stat(join(directory, made))).mode & 0o777).toBe(0o700);
  await symlink(path, join(directory, 'link'));
  makeDirectory(join(directory, 'link', 'd'));
  expect((await stat(join(path, 'd'))).isDirectory()).toBe(true);
});

test('says at once what cannot be made', async () => {
  const file = join(directory, 'file');
  await writeFile(file, '');
  expect(() => makeDirectory(file)).toThrow('EEXIST');
  expect(() => makeDirectory(join(file, 'below'))).toThrow('EEXIST');
  expect(() => makeDirectory('/proc/x/y')).toThrow('ENOENT');
  expect(() => cacheDirectory({ XDG_CACHE_HOME: '/proc/x' })).toThrow('/proc/x/mlflow-migrate (ENOENT)');
});
