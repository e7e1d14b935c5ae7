import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Kill, runWithKills } from './killer.ts';

/**
 * A command that counts in a file and starts a "host" beside it: the first run to 19, where it stays until it is killed, however
 * slow the machine is; with --resume it goes on to 20 where the file ends.
 */
const PROGRAM = `
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
const [file, mark, resume] = process.argv.slice(2);
if (mark === 'host') setInterval(() => process.ppid === 1 && process.exit(), 20);
else {
  appendFileSync(file, '');
  const host = spawn(process.execPath, [process.argv[1], file, 'host'], { stdio: 'ignore', detached: true });
  host.on('exit', () => process.exit(4));
  let count = readFileSync(file, 'utf8').length;
  const timer = setInterval(() => {
    if (resume === undefined && count === 19) return;
    if (count++ < 20) return appendFileSync(file, resume === undefined ? '1' : '2');
    clearInterval(timer);
    host.removeAllListeners('exit').kill();
    host.unref();
    console.log('done');
  }, 25);
}
`;
let directory = '';
let program = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'killer-test-'));
  program = join(directory, 'program.mjs');
  await writeFile(program, PROGRAM);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const plan = (file: string) => ({
  argv: [process.execPath, program, join(directory, file), 'command'],
  resumeArgs: ['--resume'],
  isHost: ({ commandLine }: { commandLine: string }) => commandLine.endsWith(' host'),
  seed: 5,
  durationMs: 600,
  timeoutMs: 20_000,
});

test.each(['host', 'command', 'group'] as const)(
  'kills the %s, goes on with --resume, and leaves no process behind',
  async (victim) => {
    const told: Kill[] = [];
    const round = await runWithKills({ ...plan(victim), victim, maxKills: 2, onKill: (kill) => void told.push(kill) });
    expect(round).toMatchObject({ exitCode: 0, leftBehind: [], kills: told });
    expect(round.kills.length).toBeGreaterThan(0);
    expect(round.kills[0]?.victim).toBe(victim);
    expect(round.last.stdout).toBe('done\n');
    expect(await readFile(join(directory, victim), 'utf8')).toMatch(/^1{0,19}2{1,20}$/);
  },
);

test('kills at the moments that the seed names', async () => {
  let rounds = 0;
  const moments = async (seed: number) => {
    const round = await runWithKills({ ...plan(`seeds ${rounds++}`), seed, victim: 'group', maxKills: 1 });
    return round.kills.map(({ atMs }) => atMs);
  };
  const [first, again, other] = [await moments(5), await moments(5), await moments(6)];
  expect(first).toHaveLength(1);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});
