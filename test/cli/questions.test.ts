import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { ask, askFor } from '../../src/cli/display/ask.ts';
import { makePlace, placeOf, writeRecord } from '../../src/cli/place/stateDirectory.ts';
import type { ErrorKind } from '../../src/errors.ts';
import { answersFor, type FakeApp, reportOf, startFakeApp, statusOf } from './fakeApp.ts';
import { type CliResult, runHere, temporaryDirectory } from './runCli.ts';

// A question needs a terminal on both ends, which a test has not.
vi.mock(import('../../src/cli/display/ask.ts'), () => ({
  ask: vi.fn<typeof ask>(),
  askFor: vi.fn() as unknown as typeof askFor,
}));

beforeEach(() => {
  vi.mocked(ask).mockReset();
  vi.mocked(askFor).mockReset();
});

/** Runs the command as on a terminal whose user gives these answers, in their order. */
const answering = (answers: readonly boolean[], args: readonly string[]): Promise<CliResult> => {
  for (const answer of answers) vi.mocked(ask).mockResolvedValueOnce(answer);
  return runHere(args, {}, undefined, true);
};

const asked = (): string[] => vi.mocked(ask).mock.calls.map(([question]) => question);

/** An app whose runs end for want of one consent after the other, and complete when all are given. */
const startPickyApp = (kinds: readonly ErrorKind[]): Promise<FakeApp> => {
  let starts = 0;
  return startFakeApp((request, count) => {
    if (request.method === 'POST') starts += 1;
    const kind = kinds[starts - 1];
    if (kind === undefined) {
      return answersFor(statusOf({ status: 'completed', phase: 'done' }), reportOf())(request, count);
    }
    const failure = { kind, message: `Found ${kind} in runs: 1,234`, hint: 'Do this' };
    const end = statusOf({ status: 'failed', phase: 'done', failures: [failure] });
    return answersFor(end, reportOf({ problems: [failure] }))(request, count);
  });
};

test.each([
  ['target-not-empty', 'Nothing was done: the target holds other data'],
  ['throughput-needs-consent', 'Nothing was done: each collection would be paid for separately'],
  ['deletes-need-consent', 'Nothing was deleted: documents of vanished rows stay, as does what was copied'],
] as const)('whoever says no to %s gets one line, and no report of a failure', async (kind, line) => {
  await using app = await startPickyApp([kind]);
  await using directory = await temporaryDirectory();
  const args = ['--url', app.url, '--name', 'lab', '--layout', 'tables', '--quiet', '--report-dir', directory.path];
  const { code, stdout, stderr } = await answering([false], args);
  expect(stderr).toBe(`Found ${kind} in runs: 1,234\n${line}\n`);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(readdirSync(directory.path)).toEqual([]);
});

test('readers of --json get their document, of the same exit code', async () => {
  await using app = await startPickyApp(['target-not-empty']);
  await using directory = await temporaryDirectory();
  const { code, stdout } = await answering([false], ['--url', app.url, '--json', '--report-dir', directory.path]);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'failed',
    problems: [{ message: 'Nothing was done: the target holds other data' }],
    verdict: { exitCode: 2 },
  });
});

test('whoever does not confirm --drop-target gets one line, and nothing is started', async () => {
  await using directory = await temporaryDirectory();
  const ends = [
    '--postgres-uri',
    'postgresql://h/d',
    '--mongodb-uri',
    'mongodb://h/x',
    '--name',
    'lab',
    '--layout',
    'tables',
  ];
  const { code, stdout, stderr } = await answering([false], [...ends, '--drop-target', '--state-dir', directory.path]);
  expect(stderr).toBe('Nothing was done: --drop-target was not confirmed\n');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(asked()).toEqual(['Empty the collections of this migration in h:27017/x?']);
  expect(existsSync(join(directory.path, 'lab', 'host.sqlite'))).toBe(false);
});

test('each consent is asked for once, and given on', async () => {
  await using app = await startPickyApp(['target-not-empty', 'deletes-need-consent']);
  await using directory = await temporaryDirectory();
  const args = ['--url', app.url, '--name', 'lab', '--parallel', '2', '--report-dir', directory.path];
  const { code, stdout } = await answering([true, true], args);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'THE TEXT REPORT\n' });
  expect(asked()).toEqual(['Write beside what is there?', 'Delete all of them?']);
  expect(app.requests('POST').map(({ body }) => body)).toEqual([
    { name: 'lab', migration_settings: { parallel: 2 } },
    { name: 'lab', allowExisting: true, migration_settings: { parallel: 2 } },
    { name: 'lab', allowExisting: true, migration_settings: { parallel: 2, allow_deletes: 'all' } },
  ]);
});

test('a consent that did not help is not asked for again', async () => {
  await using app = await startPickyApp(['deletes-need-consent', 'deletes-need-consent']);
  await using directory = await temporaryDirectory();
  const { code } = await answering([true], ['--url', app.url, '--report-dir', directory.path]);
  expect(code).toBe(1);
  expect(asked()).toHaveLength(1);
});

test('--yes does not answer for deletions', async () => {
  await using app = await startPickyApp(['deletes-need-consent']);
  await using directory = await temporaryDirectory();
  const { code } = await answering([false], ['--url', app.url, '--yes', '--report-dir', directory.path]);
  expect(code).toBe(2);
  expect(asked()).toEqual(['Delete all of them?']);
});

test('without a terminal deletions end with message and hint', async () => {
  await using app = await startPickyApp(['deletes-need-consent']);
  await using directory = await temporaryDirectory();
  const { code, stderr } = await runHere(['--url', app.url, '--report-dir', directory.path]);
  expect(code).toBe(1);
  expect(stderr).toContain('Error: Found deletes-need-consent in runs: 1,234\n  Do this');
  expect(asked()).toEqual([]);
});

const ENDS = ['--postgres-uri', 'postgresql://h/d', '--mongodb-uri', 'mongodb://h/x'];

/** Runs the command up to its question for the layout, which gets this answer, and no further: --drop-target is not confirmed. */
const layoutAsked = async (answer: string, args: readonly string[], directory: string): Promise<CliResult> => {
  vi.mocked(askFor).mockImplementation(async (_question, _output, _signal, read) => read(answer));
  return answering([false], [...ENDS, '--drop-target', '--state-dir', directory, ...args]);
};

test('where nothing decides on a layout, it is asked for, with who reads each', async () => {
  await using directory = await temporaryDirectory();
  const { stderr } = await layoutAsked('2', [], directory.path);
  expect(askFor).toHaveBeenCalledTimes(1);
  expect(stderr).toContain('  1  tables: Genesis-Flow reads it');
  expect(stderr).toContain('  2  mlflow: MLflow itself reads it');
  expect(readdirSync(directory.path)[0]).toMatch(/^d-to-x-/);
  // Names follow from layouts: another answer, another state.
  await layoutAsked('', [], directory.path);
  expect(readdirSync(directory.path)).toHaveLength(2);
});

test.each([[['--layout', 'tables']], [['--yes', '--json']]])('with %j nobody is asked for a layout', async (args) => {
  await using directory = await temporaryDirectory();
  const confirmed = args.includes('--yes') ? ['--name', 'x/y'] : [];
  await layoutAsked('2', [...args, ...confirmed], directory.path);
  expect(askFor).not.toHaveBeenCalled();
});

test('the last run of a name decides, and a fault is told before anything is asked', async () => {
  await using directory = await temporaryDirectory();
  const place = placeOf(directory.path, 'lab');
  makePlace(place);
  const run = { id: 'lab', source: 'h:5432/d', target: 'h:27017/x', status: 'completed', reports: null };
  await writeRecord(place, { ...run, layout: 'mlflow' });
  const { stderr } = await layoutAsked('1', ['--name', 'lab'], directory.path);
  expect(stderr).toContain('Layout mlflow, as in the last run of this migration');
  expect(await answering([], ['--mongodb-uri', 'nonsense'])).toMatchObject({ code: 2 });
  expect(askFor).not.toHaveBeenCalled();
});

test.each(['3', 'mongo', '0'])('%j is no layout', async (answer) => {
  await using directory = await temporaryDirectory();
  const { code, stderr } = await layoutAsked(answer, [], directory.path);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('Answer 1 or 2, or tables or mlflow') });
});
