import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { isRunning, markOf } from '../../src/cli/place/processMark.ts';
import { type CliResult, MAIN, runCli, temporaryDirectory } from './runCli.ts';
import { writeTinyApp } from './tinyApp.ts';

const ENDS = [
  '--postgres-uri',
  'postgresql://u:canary-4711@pg:1/d',
  '--mongodb-uri',
  'mongodb://u:canary-4711@mongo:2/x',
];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let app: string;
let state: string;
let gate: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  app = await writeTinyApp(directory.path);
  gate = join(directory.path, 'gate');
});
beforeEach(async (context) => {
  state = join(directory.path, `state-${context.task.id}`);
  for (const ending of ['', '.word', '.copied']) await rm(`${gate}${ending}`, { force: true });
});
afterAll(async () => {
  await directory[Symbol.asyncDispose]();
});

const openGate = (): Promise<void> => writeFile(gate, '');

const environment = (): Record<string, string> => ({
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  MLFLOW_MIGRATE_APP: app,
  GATE: gate,
  FUNCTIONS_SHUTDOWN_SECONDS: '1',
});

/** Runs the command on the tiny app; storage counts as given. */
const run = (
  args: readonly string[],
  onStderr?: (text: string, child: ChildProcess) => void,
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> =>
  runCli([...args, '--state-dir', state], {
    env: { ...environment(), ...env },
    ...(onStderr === undefined ? {} : { onStderr }),
  });

/** Runs a migration up to its first progress line, then does something to it, once. */
const runAnd = (
  args: readonly string[],
  act: (child: ChildProcess) => unknown,
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> => {
  let isDone = false;
  const onStderr = (text: string, child: ChildProcess) => {
    if (isDone || !text.includes('Copying')) return;
    isDone = true;
    act(child);
  };
  return run(args, onStderr, env);
};

/** How many pieces of work were done so far. */
const copied = (): number => readFileSync(`${gate}.copied`).length;

const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test('starts a host, hands it the URIs as settings, and leaves neither secrets nor processes behind', async () => {
  await openGate();
  const { code, stdout, stderr } = await run([...ENDS, '--json', '--verbose']);
  expect(code).toBe(0);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ status: 'completed', source: 'pg:1', target: 'mongo:2' });
  const body = JSON.parse(document.body);
  expect(body).toEqual({
    name: expect.stringMatching(/^d-to-x-[0-9a-f]{8}$/),
    source: { secret: 'POSTGRES_URI' },
    destination: { secret: 'MONGODB_URI' },
  });
  expect(document.reports.text.startsWith(join(state, body.name, 'reports'))).toBe(true);
  expect(stderr).toContain('The source is postgresql://***@pg:1/d');
  for (const file of filesOf(state)) expect(readFileSync(file).includes('canary-4711'), file).toBe(false);
  expect(`${stdout}${stderr}`).not.toContain('canary-4711');
  expect(existsSync(join(state, body.name, 'host.json'))).toBe(false);
  expect((await run(['report', '--json'])).stdout).toBe(stdout);
  for (const action of ['cancel', 'suspend', 'resume']) {
    const told = await run([action]);
    expect(told, action).toMatchObject({ code: 2, stdout: '' });
    const [error, hint, ...rest] = told.stderr.split('\n').slice(-3);
    expect([error, ...rest], action).toEqual([`Error: ${body.name} has ended already: it is completed`, '']);
    expect(hint, action).toMatch(/^ {2}Look at its report with node \S+main\.ts report --name /);
    expect(hint, action).toContain(`main.ts report --name ${body.name} --state-dir ${state}`);
    expect(told.stderr, action).not.toContain('connections');
  }
});

test('a killed command can be looked at, is not restarted by accident, and completes with --resume', async () => {
  const migrate = [...ENDS, '--name', 'lab'];
  const killed = await runAnd(migrate, (child) => child.kill('SIGKILL'));
  expect(killed.code).toBeNull();
  // Its host is ended by the first call that comes.
  await run(['status']);
  const atDeath = copied();

  const status = await run(['status', '--json']);
  expect(JSON.parse(status.stdout)).toMatchObject({ name: 'lab', status: 'interrupted' });
  const again = await run(migrate);
  expect(again).toMatchObject({ code: 2, stdout: '' });
  expect(again.stderr).toContain(
    'The migration lab is not finished\n  Go on with it: the command that began it, with --resume',
  );
  const comparison = await run(['validate', ...migrate, '--resume']);
  expect(comparison).toMatchObject({ code: 2, stdout: '' });
  expect(comparison.stderr).toContain('The migration lab is not finished');
  expect(copied()).toBe(atDeath);

  // The same source behind another port: which one it is, the app asks the database.
  const resumed = await runAnd(
    ['--postgres-uri', 'postgresql://pooler:6432/d', ...ENDS.slice(2), '--name', 'lab', '--resume'],
    openGate,
  );
  expect(resumed.stderr).toContain('Resuming lab');
  expect(resumed).toMatchObject({ code: 0, stdout: 'TEXT\n' });
});

test('a killed command that nobody has waited for is dead all the same', async () => {
  const command = [process.execPath, MAIN, ...ENDS, '--name', 'lab', '--state-dir', state];
  // The shell becomes a program that never asks how its children have ended, as the first process of a container may.
  const shell = spawn('/bin/sh', ['-c', '"$@" & echo $!; exec sleep 60', 'sh', ...command], {
    env: { ...environment(), PATH: process.env['PATH'], HOME: process.env['HOME'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors = createInterface({ input: shell.stderr });
  const [line] = (await once(createInterface({ input: shell.stdout }), 'line')) as [string];
  for await (const error of errors) if (error.includes('Copying')) break;
  const mark = markOf(Number(line));
  expect(isRunning(mark)).toBe(true);
  process.kill(mark.pid, 'SIGKILL');
  await vi.waitFor(() => expect(readFileSync(`/proc/${mark.pid}/stat`, 'latin1')).toContain(') Z '));
  expect(isRunning(mark)).toBe(false);
  const resumed = await runAnd([...ENDS, '--name', 'lab', '--resume'], openGate);
  shell.kill('SIGKILL');
  expect(resumed.stderr).toContain('Resuming lab');
  expect(resumed.code).toBe(0);
});

test('a host that only looks at both ends tells of no live page, which would be gone in seconds', async () => {
  // The tiny app has no dry run: the look ends at once.
  const { code, stdout, stderr } = await run(['doctor', ...ENDS]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'Looking at both ends\n' });
  expect(stdout).toContain('Something is missing');
});

test('of two commands that come to a place at once one works, and the other says so', async () => {
  await openGate();
  const both = await Promise.all([run([...ENDS, '--name', 'lab']), run([...ENDS, '--name', 'lab'])]);
  const [first, second] = both.toSorted((a, b) => Number(a.code) - Number(b.code));
  expect(first, first?.stderr).toMatchObject({ code: 0, stdout: 'TEXT\n' });
  expect(second).toMatchObject({ code: 2, stdout: '' });
  expect(second?.stderr).toMatch(
    /^Error: Another mlflow-migrate \(process \d+\) works on lab\n {2}Look at it with .*\n$/m,
  );
});

test('calls that only look wait for each other', async () => {
  await openGate();
  await run([...ENDS, '--name', 'lab']);
  const looks = await Promise.all([run(['status', '--json']), run(['status', '--json']), run(['status', '--json'])]);
  for (const { code, stdout, stderr } of looks) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'completed' });
  }
});

test('an interrupt stops the host in order, and --resume goes on', async () => {
  const migrate = [...ENDS, '--name', 'lab'];
  const interrupted = await runAnd(migrate, (child) => child.kill('SIGINT'));
  expect(interrupted).toMatchObject({ code: 130, stdout: '' });
  expect(interrupted.stderr).toMatch(/Go on with:\n {2}node \S+main\.ts --resume --name lab --postgres-uri /);
  expect(existsSync(join(state, 'lab', 'host.json'))).toBe(false);
  await openGate();
  expect(await run([...migrate, '--resume'])).toMatchObject({ code: 0, stdout: 'TEXT\n' });
});

test('another call sees a migration that runs, suspends it, and ends it', async () => {
  const seen: CliResult[] = [];
  const others = async () => {
    seen.push(await run([...ENDS, '--name', 'lab']));
    seen.push(await run(['suspend']));
    seen.push(await run(['resume']));
    seen.push(await run(['cancel']));
  };
  let acting: Promise<void> | undefined;
  const ended = await runAnd([...ENDS, '--name', 'lab', '--json'], () => {
    acting = others();
  });
  await acting;
  expect(seen.map(({ code }) => code)).toEqual([2, 0, 0, 0]);
  expect(seen[0]?.stderr).toContain('works on lab');
  expect(seen.slice(1).map(({ stdout }) => stdout)).toEqual([
    'lab is suspended\n',
    'lab is running\n',
    'lab is cancelled\n',
  ]);
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.stdout)).toMatchObject({ id: 'migration-lab', status: 'cancelled' });
});

test('a host that ends with its migration before it answered is no failure of cancel', async () => {
  let cancelled: Promise<CliResult> | undefined;
  const cancel = () => {
    cancelled = run(['cancel', '--json']);
  };
  const ended = await runAnd([...ENDS, '--name', 'lab'], cancel, { SLOW_CANCEL_MS: '5000' });
  expect(ended.code).toBe(1);
  expect(await cancelled).toMatchObject({ code: 0 });
  expect(JSON.parse((await cancelled)?.stdout ?? '')).toEqual({
    id: 'migration-lab',
    name: 'lab',
    status: 'cancelled',
  });
});

test('an interrupted migration is ended by cancel, and cannot be suspended', async () => {
  await runAnd([...ENDS, '--name', 'lab'], (child) => child.kill('SIGTERM'));
  const suspended = await run(['suspend', 'lab']);
  expect(suspended.code).toBe(2);
  expect(suspended.stderr).toContain('lab is not running');
  const before = copied();
  expect(await run(['cancel', 'lab'])).toMatchObject({ code: 0, stdout: 'lab is cancelled\n' });
  expect(copied()).toBe(before);
  await openGate();
  expect(await run([...ENDS, '--name', 'lab'])).toMatchObject({ code: 0, stdout: 'TEXT\n' });
});

test('says that the app is not built, where, and what leads there', async () => {
  const { code, stderr } = await runCli([...ENDS, '--state-dir', state], {
    env: { MLFLOW_MIGRATE_APP: directory.path },
  });
  expect(stderr).toContain(`The app is not built: dist/main.cjs is missing in ${directory.path}\n`);
  expect(stderr).toContain('  Correct MLFLOW_MIGRATE_APP, or unset it\n');
  expect(code).toBe(2);
});
