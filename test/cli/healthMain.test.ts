import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { markOf } from '../../src/cli/place/processMark.ts';
import { startFakeApp } from './fakeApp.ts';
import { temporaryDirectory } from './runCli.ts';

const MAIN = resolve(import.meta.dirname, '../../src/cli/healthMain.ts');

const exitCodeIn = (directory: string): Promise<number | null> =>
  new Promise((done) => {
    const child = execFile(process.execPath, [MAIN, directory], () => done(child.exitCode));
  });

test('the image is healthy while the host of a migration answers, and where none runs', async () => {
  await using directory = await temporaryDirectory();
  let status = 200;
  await using app = await startFakeApp(() => ({ status }));
  expect(await exitCodeIn(join(directory.path, 'none'))).toBe(0);
  await mkdir(join(directory.path, 'lab'));
  const host = { url: app.url, key: 'k', ...markOf(process.pid) };
  await writeFile(join(directory.path, 'lab', 'host.json'), JSON.stringify(host));
  expect(await exitCodeIn(directory.path)).toBe(0);
  status = 503;
  expect(await exitCodeIn(directory.path)).toBe(1);
  expect(app.requests('GET /api/health')).toHaveLength(2);
});
