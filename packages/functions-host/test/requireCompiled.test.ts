import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestHosts } from './support/testHost.ts';

let hosts: TestHosts;

beforeEach(async () => {
  hosts = await TestHosts.create();
});
afterEach(() => hosts.dispose());

/** Runs an app from its start to its end, its code kept in a directory of the test; what it has kept then. */
async function run(nodeFlags: readonly string[] = []): Promise<{ file: string; bytes: Buffer }> {
  const cache = join(hosts.directory, `compiled${nodeFlags.length}`);
  const host = await hosts.start('classic', { settings: { NODE_COMPILE_CACHE: cache }, nodeFlags });
  expect(await (await host.call('mirror/literal')).text()).toBe('literal');
  await host.running.stop();
  const files = (await readdir(cache, { recursive: true })).filter((name) => name.endsWith('.code'));
  expect(files).toEqual([expect.stringMatching(/app\.cjs-\d+-\d+\.code$/)]);
  const file = join(cache, files[0] as string);
  return { file, bytes: await readFile(file) };
}

test('what an app has compiled is kept by its first runs, and is not written again by later ones', async () => {
  const runs = [await run(), await run(), await run(), await run()];
  expect(runs.map(({ bytes }) => bytes.readUInt32LE(4))).toEqual([1, 2, 3, 3]);
  expect(runs[3]?.bytes.equals(runs[2]?.bytes as Buffer)).toBe(true);
});

test('code that is cut short or changed on the disk is made anew', async () => {
  const { file, bytes } = await run();
  for (const broken of [bytes.subarray(0, 5), bytes.subarray(0, -100), Buffer.concat([bytes, Buffer.of(0)])]) {
    await writeFile(file, broken);
    expect((await run()).bytes.readUInt32LE(4)).toBe(1);
  }
});

test('what only the start has called is kept at the end of a long run too', async () => {
  const { bytes: short } = await run();
  // Of what did not run since, V8 lets go at each collection here: otherwise when it has aged for some.
  const { bytes: long } = await run(['--stress-flush-code', '--gc-interval=1000']);
  expect(long.length).toBeGreaterThan(short.length * 0.95);
});
