import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../../../src/cli/plan/readConfig.ts';

const TEXT = '{"layout":"tables"}';
let directory: string;
let file: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlflow-config-'));
  file = join(directory, 'config.json');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('a file in UTF-8 is read, with or without a byte order mark', async () => {
  for (const mark of ['', '\ufeff']) {
    await writeFile(file, mark + TEXT);
    expect(await readConfig(file)).toEqual({ layout: 'tables' });
  }
});

test.each([
  ['UTF-16 as PowerShell 5 writes it', Buffer.from(`\ufeff${TEXT}`, 'utf16le'), 'is written in UTF-16'],
  ['UTF-16 the other way round', Buffer.from(`\ufeff${TEXT}`, 'utf16le').swap16(), 'is written in UTF-16'],
  ['no text', Buffer.from([0x80, 0, 1, 2]), 'is no text in UTF-8'],
])('a file in %s is told as that', async (_what, bytes, message) => {
  await writeFile(file, bytes);
  await expect(readConfig(file)).rejects.toMatchObject({
    kind: 'config',
    message: `${file} ${message}`,
    hint: expect.stringContaining('Save it as UTF-8'),
  });
});
