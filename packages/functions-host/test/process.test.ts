import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAlive, TestHosts } from './support/testHost.ts';

let hosts: TestHosts;

beforeAll(async () => {
  hosts = await TestHosts.create();
});

afterAll(() => hosts.dispose());

async function untilDead(pid: number, timeoutMs = 10_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; isAlive(pid); ) {
    if (Date.now() > end) throw new Error(`Process ${pid} lives on`);
    await delay(10);
  }
}

test('a run that is killed again and again completes with the right results, each step at least once', async () => {
  let host = await hosts.start('classic');
  const { stateFile } = host;
  const rounds = 12;
  await host.start('longRun', { rounds, ms: 25 }, 'long');
  await host.start('tree', { branches: 4, leaves: 15, ms: 20 }, 'tree');
  await host.start('counter', { round: 1, rounds: 120, sum: 0 }, 'counter');
  await host.start('retryFails', undefined, 'retry');
  for (let kill = 0; kill < 4; kill++) {
    await host.traced(`begin long-${kill * 3}a`);
    host.running.kill();
    expect(await host.running.exited).toEqual({ code: null, signal: 'SIGKILL' });
    host = await hosts.start('classic', { stateFile });
  }
  const tags = Array.from({ length: rounds }, (_, n) => [`long-${n}a`, `long-${n}b`]).flat();
  expect(await host.ended('long')).toMatchObject({ runtimeStatus: 'Completed', output: [...tags, 'child'] });
  expect(await host.ended('tree')).toMatchObject({ output: 4 * ((14 * 15) / 2) });
  expect(await host.ended('counter')).toMatchObject({ output: { rounds: 120, sum: 7260 } });
  expect(await host.ended('retry')).toMatchObject({ output: { caught: true, after: 'after' } });
  const trace = await host.trace();
  for (const tag of tags) expect(trace).toContain(`end ${tag}`);
});

test('two hosts run at once, each with its own state', async () => {
  const [one, two] = await Promise.all([hosts.start('classic'), hosts.start('classic')]);
  const [first, second] = await Promise.all([one.run('single', 1, 'same'), two.run('single', 2, 'same')]);
  expect([first.output, second.output]).toEqual([1, 2]);
});

test('a state file in use is refused by name and process, and free again after a kill', async () => {
  const first = await hosts.start('classic');
  const { stateFile } = first;
  const message = `The state file ${stateFile} is in use by another running host (process ${first.running.pid})`;
  await expect(hosts.start('classic', { stateFile })).rejects.toThrow(message);
  first.running.kill();
  await first.running.exited;
  const second = await hosts.start('classic', { stateFile });
  expect(await second.run('single', 1)).toMatchObject({ output: 1 });
});

test('a host that ends is waited for by the next one on its state file', async () => {
  const first = await hosts.start('classic');
  const next = hosts.start('classic', { stateFile: first.stateFile });
  // Long enough for the next one to find the lock taken, in case it has started by then.
  await delay(1_000);
  await first.running.stop();
  expect((await next).running.pid).not.toBe(first.running.pid);
});

test('a host without resume shows what is stored, beside a running one, and starts nothing', async () => {
  const before = await hosts.start('classic', { resume: false });
  expect(await (await before.manage('GET', 'instances')).json()).toEqual([]);

  const writer = await hosts.start('classic');
  const { stateFile } = writer;
  await writer.start('status', undefined, 'waits');
  await writer.until('waits', ({ customStatus }) => customStatus !== null);
  const reader = await hosts.start('classic', { stateFile, resume: false });
  expect(await reader.status('waits')).toMatchObject({ runtimeStatus: 'Running', customStatus: { phase: 'waiting' } });
  expect((await reader.manage('POST', 'instances/waits/terminate')).status).toBe(503);
  expect((await reader.call('start/single', { method: 'POST' })).status).toBe(500);
  await writer.manage('POST', 'instances/waits/terminate');
  expect(await reader.ended('waits')).toMatchObject({ runtimeStatus: 'Terminated' });

  await writer.start('fanOut', { count: 1, ms: 60_000 }, 'open');
  await writer.traced('begin 0');
  writer.running.kill();
  await writer.running.exited;
  const later = await hosts.start('classic', { stateFile, resume: false });
  expect(await later.status('open')).toMatchObject({ runtimeStatus: 'Running' });
  await later.running.stop();
  expect((await later.trace()).filter((line) => line === 'begin 0')).toHaveLength(1);
});

test('SIGTERM lets a running activity end, keeps its result and leaves the rest for the next start', async () => {
  const settings = { AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: '1' };
  const host = await hosts.start('classic', { settings });
  await host.start('fanOut', { count: 3, ms: 150 }, 'ends');
  await host.traced('begin 0');
  process.kill(host.running.pid, 'SIGTERM');
  expect(await host.running.exited).toEqual({ code: 0, signal: null });
  expect(await host.trace()).toEqual(['begin 0', 'end 0', 'terminated']);
  const next = await hosts.start('classic', { stateFile: host.stateFile });
  expect(await next.ended('ends')).toMatchObject({ output: 3 });
  expect((await next.trace()).filter((line) => line === 'begin 0')).toHaveLength(1);
});

test('an activity hears of the end by appTerminate while it runs, and what it hands back is kept', async () => {
  const host = await hosts.start('classic', { settings: { FUNCTIONS_SHUTDOWN_SECONDS: '3' } });
  await host.start('heedful', undefined, 'heedful');
  await host.traced('begin');
  await host.running.stop();
  expect(await host.running.exited).toEqual({ code: 0, signal: null });
  expect(await host.trace()).toEqual(['begin', 'terminated', 'end']);
  const next = await hosts.start('classic', { stateFile: host.stateFile });
  expect(await next.ended('heedful')).toMatchObject({ output: 'handed back' });
  expect((await next.trace()).filter((line) => line === 'begin')).toHaveLength(1);
});

test('an activity over the functionTimeout of host.json fails in the words of the Functions host, and its body goes on', async () => {
  const settings = { AzureFunctionsJobHost__functionTimeout: '00:00:00.3' };
  const host = await hosts.start('classic', { settings });
  const { runtimeStatus, output } = await host.run('slowly', { ms: 1500, tag: 'long' });
  expect(runtimeStatus).toBe('Failed');
  const text = 'Timeout value of 00:00:00.3000000 was exceeded by function: Functions.slow';
  expect(output).toContain(`Activity function 'slow' failed: ${text} \n {`);
  await host.traced('end long');
  expect(await host.run('slowly', { ms: 1, tag: 'short' })).toMatchObject({ output: 'short' });
});

test('an activity that does not end within FUNCTIONS_SHUTDOWN_SECONDS is left and run again', async () => {
  const host = await hosts.start('classic', { settings: { FUNCTIONS_SHUTDOWN_SECONDS: '0.2' } });
  await host.start('fanOut', { count: 1, ms: 60_000 }, 'slow');
  await host.traced('begin 0');
  await host.running.stop();
  expect(await host.running.exited).toEqual({ code: 0, signal: null });
  const next = await hosts.start('classic', {
    stateFile: host.stateFile,
    settings: { FUNCTIONS_SHUTDOWN_SECONDS: '0' },
  });
  for (const end = Date.now() + 5000; Date.now() < end; await delay(5)) {
    if ((await next.trace()).filter((line) => line === 'begin 0').length === 2) return;
  }
  throw new Error('The activity was not started again');
});

test('a host whose parent is killed stops in good order, and has a process group of its own', async () => {
  const script = fileURLToPath(new URL('./support/parentProcess.ts', import.meta.url));
  const appDirectory = fileURLToPath(new URL('./apps/classic', import.meta.url));
  const parent = fork(script, [appDirectory, `${hosts.directory}/orphan.sqlite`], { execArgv: [] });
  const [message] = (await once(parent, 'message')) as [{ pid: number }];
  const stat = await readFile(`/proc/${message.pid}/stat`, 'utf8');
  // Fields after the command: state, parent, process group. A Ctrl-C goes to the terminal's foreground group only.
  expect(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])).toBe(message.pid);
  parent.kill('SIGKILL');
  await untilDead(message.pid);
  expect(await readFile(`${hosts.directory}/orphan.trace`, 'utf8')).toBe('terminated\n');
});

test('a host whose parent is killed while it starts does not stay behind', async () => {
  const script = fileURLToPath(new URL('./support/parentProcess.ts', import.meta.url));
  // The app holds up the start until the parent is gone.
  const directory = `${hosts.directory}/late`;
  await mkdir(directory);
  await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), `${directory}/node_modules`);
  await writeFile(`${directory}/package.json`, '{"main":"app.mjs"}');
  const app = `import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { app } from '@azure/functions';
appendFileSync(process.env.TRACE_FILE, String(process.pid) + '\\n');
await once(process, 'disconnect');
app.http('any', { handler: () => ({}) });
app.hook.appTerminate(() => appendFileSync(process.env.TRACE_FILE, 'terminated\\n'));`;
  await writeFile(`${directory}/app.mjs`, app);
  const parent = fork(script, [directory, `${directory}/state.sqlite`], { execArgv: [] });
  const trace = `${directory}/state.trace`;
  const traced = async (): Promise<string> => (existsSync(trace) ? await readFile(trace, 'utf8') : '');
  // The file is there before its first line is.
  for (const end = Date.now() + 10_000; !(await traced()).endsWith('\n') && Date.now() < end; ) await delay(10);
  parent.kill('SIGKILL');
  await untilDead(Number((await traced()).trim()));
  expect(await readFile(trace, 'utf8')).toMatch(/terminated/);
});
