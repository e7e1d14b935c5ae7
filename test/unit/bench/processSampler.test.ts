import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { observe, programOf } from '../../../bench/processSampler.ts';

/** Works until it has used a third of a second, waits until it was looked at, and ends. */
const BUSY = 'while (process.cpuUsage().user < 300_000); setTimeout(() => {}, 500);';

test.skipIf(process.platform !== 'linux')('what a command and its children use is told apart', async () => {
  const program = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(BUSY)}, 'dist/command/main.js']); ${BUSY}`;
  const child = spawn(process.execPath, ['-e', program]);
  const observer = observe(child.pid ?? 0, { mongod: null, postgres: null });
  await once(child, 'close');
  const { samples, peakBytes, hostSeenAt } = observer?.stop() ?? {};
  const last = samples?.at(-1)?.seconds;
  expect(last?.command).toBeGreaterThan(0.2);
  expect(last?.host).toBeGreaterThan(0.2);
  expect(last?.storage).toBe(0);
  expect(last?.mongod).toBe(0);
  expect(peakBytes?.host).toBeGreaterThan(10 * 1024 * 1024);
  expect(hostSeenAt).not.toBeNull();
  const grows = samples?.every(({ seconds }, index) => seconds.host >= (samples[index - 1]?.seconds.host ?? 0));
  expect(grows).toBe(true);
});

test.each([
  ['node\0/app/dist/command/main.js', undefined, 'host'],
  ['node\0/app/packages/dev-servers/src/azurite/azuriteMain.ts', 'command', 'storage'],
  ['node\0/app/dist/cli.cjs', undefined, 'command'],
  ['', 'host', 'host'],
  ['', undefined, 'command'],
] as const)('%j, which was %s, is %s', (commandLine, before, name) => {
  expect(programOf(commandLine, before)).toBe(name);
});
