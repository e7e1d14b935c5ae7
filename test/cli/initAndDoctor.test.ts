import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { ask, askFor } from '../../src/cli/display/ask.ts';
import { lookAtEnds } from '../../src/cli/doctor/lookAtEnds.ts';
import type { Problem } from '../../src/errors.ts';
import { startFakeApp, statusOf } from './fakeApp.ts';
import { type CliResult, runHere, temporaryDirectory } from './runCli.ts';

vi.mock(import('../../src/cli/display/ask.ts'), () => ({ ask: vi.fn(), askFor: vi.fn() as unknown as typeof askFor }));
vi.mock(import('../../src/cli/doctor/lookAtEnds.ts'), () => ({ lookAtEnds: vi.fn() }));

const GONE: Problem = { kind: 'target-unreachable', message: 'The target cannot be reached', hint: 'Start it' };

beforeEach(() => {
  vi.mocked(ask).mockReset();
  vi.mocked(askFor).mockReset();
  vi.mocked(lookAtEnds).mockReset().mockResolvedValue([]);
});

/** Runs `init` as on a terminal whose user types these lines. */
const init = (
  file: string,
  lines: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> => {
  for (const line of lines) {
    vi.mocked(askFor).mockImplementationOnce(async (_question, _output, _signal, read) => read(line));
  }
  return runHere(['init', '--config', file], env, undefined, true);
};

test('init writes a file without a password, tries both ends, and says the next command', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'a b.json');
  const uri = 'postgresql://u:geheim@h/mlflow';
  const { code, stderr } = await init(file, [uri, 'mongodb://h/x', 'mlflow']);
  expect(code).toBe(0);
  const text = readFileSync(file, 'utf8');
  expect(JSON.parse(text)).toEqual({
    source: { secret: 'POSTGRES_URI' },
    destination: { connection_uri: 'mongodb://h/x' },
    layout: 'mlflow',
  });
  expect(`${text}${stderr}`).not.toContain('geheim');
  expect(stderr).toContain('read -rs POSTGRES_URI && export POSTGRES_URI');
  expect(stderr).toContain(`--config '${file}' --dry-run`);
  expect(vi.mocked(lookAtEnds).mock.calls[0]?.[1]).toMatchObject({ kind: 'analysis', settings: { POSTGRES_URI: uri } });
});

test('what is in the environment is offered, and stays there', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'c.json');
  const env = { POSTGRES_URI: 'postgresql://h/d', MONGODB_URI: 'mongodb://h/x' };
  const { code, stderr } = await init(file, ['', '', ''], env);
  expect({ code, text: JSON.parse(readFileSync(file, 'utf8')) }).toEqual({
    code: 0,
    text: { source: { secret: 'POSTGRES_URI' }, destination: { secret: 'MONGODB_URI' }, layout: 'tables' },
  });
  expect(stderr).not.toContain('read -rs');
});

test('init writes over nothing without asking, and after a failed look only where it is told to', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'c.json');
  writeFileSync(file, 'mine');
  vi.mocked(ask).mockResolvedValueOnce(false);
  expect(await init(file, [])).toMatchObject({ code: 2, stderr: `Nothing was done: ${file} stays as it is\n` });
  vi.mocked(lookAtEnds).mockResolvedValue([GONE]);
  vi.mocked(ask).mockResolvedValueOnce(true).mockResolvedValueOnce(false);
  const { stderr } = await init(file, ['postgresql://h/d', '', '1']);
  expect(stderr).toContain('Error: The target cannot be reached\n  Start it\n');
  expect(readFileSync(file, 'utf8')).toBe('mine');
});

test('init without a terminal says what to do instead', async () => {
  const { code, stderr } = await runHere(['init']);
  expect(code).toBe(2);
  expect(stderr).toContain('no terminal to ask on');
  expect(stderr).toContain('mlflow-migrate --postgres-uri URI');
});

const ENDS = ['--postgres-uri', 'postgresql://u:geheim@h/d', '--mongodb-uri', 'mongodb://h/x'];

test('doctor tells machine and ends at once, each with its cure, and nothing secret', async () => {
  await using directory = await temporaryDirectory();
  vi.mocked(lookAtEnds).mockResolvedValue([GONE]);
  const { code, stdout } = await runHere(['doctor', ...ENDS, '--state-dir', directory.path]);
  expect(code).toBe(4);
  expect(stdout).toMatch(/^✅ Node: /);
  expect(stdout).toContain('Source:          h:5432/d answers');
  expect(stdout).toContain('❌ Target:          The target cannot be reached\n                    -> Start it\n');
  expect(stdout).not.toContain('geheim');
});

test('doctor without ends looks at the machine, and with a broken URI says so', async () => {
  await using directory = await temporaryDirectory();
  const place = ['--state-dir', directory.path, '--json'];
  const alone = await runHere(['doctor', ...place]);
  expect(JSON.parse(alone.stdout)).toMatchObject({ exitCode: 0 });
  const ends = { name: 'Source and target', state: 'unseen', cure: expect.stringContaining('--postgres-uri') };
  expect(JSON.parse(alone.stdout).checks).toContainEqual(expect.objectContaining(ends));
  const broken = await runHere(['doctor', '--postgres-uri', 'nonsense', ...place]);
  expect(broken.code).toBe(1);
  expect(JSON.parse(broken.stdout).checks).toContainEqual(expect.objectContaining({ name: 'Ends', state: 'missing' }));
  expect(lookAtEnds).not.toHaveBeenCalled();
});

test('doctor asks a deployed app whether it takes the key', async () => {
  await using app = await startFakeApp(() => ({ status: 200, body: { migrations: [statusOf()], next: null } }));
  expect(await runHere(['doctor', '--url', app.url])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('answers and takes the key'),
  });
  expect((await runHere(['doctor', '--url', app.url])).stdout).toMatch(
    /not looked at: the app alone reaches them\n.*mlflow-migrate --url \S+ --dry-run\n\nNothing is missing of what was looked at; not looked at: source and target\n$/,
  );
  await using locked = await startFakeApp(() => ({ status: 401, text: '' }));
  expect(await runHere(['doctor', '--url', locked.url])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('refuses the key'),
  });
});
