import { expect, test } from 'vitest';
import type { App } from '../../../../src/cli/app/app.ts';
import { type CommandContext, noFacts } from '../../../../src/cli/commandContext.ts';
import type { RunPlan } from '../../../../src/cli/plan/runPlan.ts';
import { beginRun } from '../../../../src/cli/run/beginRun.ts';
import { toMigrationRequest } from '../../../../src/config/schemas/parseStartRequest.ts';
import { toStartRequest } from '../../../../src/config/schemas/toStartRequest.ts';
import type { StartRequest } from '../../../../src/contract/startRequest.ts';
import { MigrationError } from '../../../../src/errors.ts';

const mapOf = (to: string) => [{ from: 's3://a', to }];

/** What is sent where `--resume` finds a run that failed, which had the map of `s3://a` to `before`. */
async function restarted(before: string | null, body: StartRequest): Promise<StartRequest | undefined> {
  let sent: StartRequest | undefined;
  const found = { id: 'm', name: 'm', status: 'failed', ...(before === null ? {} : { artifacts: mapOf(before) }) };
  const client = {
    status: async () => found,
    begunWith: async () => null,
    start: async (_route: string, request: StartRequest) => {
      sent = request;
      return { id: 'm' };
    },
  };
  const context = {
    options: { isResume: true },
    output: { note: () => undefined },
    facts: {},
    signal: new AbortController().signal,
  };
  const plan = { kind: 'migration', body: { name: 'm', ...body } };
  await beginRun(context as unknown as CommandContext, plan as unknown as RunPlan, { client } as unknown as App, false);
  return sent;
}

test('an interruption before the answer leaves word that the run may have begun, a refusal does not', async () => {
  const asked = async (isInterrupted: boolean) => {
    const stop = new AbortController();
    const client = {
      start: async () => {
        if (isInterrupted) stop.abort();
        throw new MigrationError(isInterrupted ? 'interrupted' : 'config', 'No answer');
      },
    };
    const facts = noFacts();
    const context = { options: { isResume: false }, output: {}, facts, signal: stop.signal };
    const plan = { kind: 'migration', baseName: 'm', body: { name: 'm' } };
    const begun = beginRun(context as unknown as CommandContext, plan as RunPlan, { client } as unknown as App, false);
    await expect(begun).rejects.toThrow('No answer');
    return facts.asked;
  };
  expect(await asked(true)).toBe('m');
  expect(await asked(false)).toBeNull();
});

test('a run that is started again keeps its map of artifact locations, unless it is given another', async () => {
  expect(await restarted('gs://b', {})).toEqual({ name: 'm', artifacts: mapOf('gs://b') });
  expect(await restarted('gs://b', { artifacts: mapOf('gs://c') })).toEqual({ name: 'm', artifacts: mapOf('gs://c') });
  expect(await restarted(null, {})).toEqual({ name: 'm' });
});

test('a run that is under way or was not seen to its end is not gone on with as it was not begun', async () => {
  for (const status of ['running', 'suspended', 'completed']) {
    const words: string[] = [];
    const client = {
      status: async () => ({ id: 'm', name: 'm', status }),
      begunWith: async () => ({ name: 'm', migration_settings: { batch_size: 300 } }),
      control: async (_id: string, word: string) => words.push(word),
    };
    const context = {
      options: { isResume: true, url: null, stateDirectory: '.mlflow-migrate' },
      output: { note: (line: string) => words.push(line) },
      facts: {},
      signal: new AbortController().signal,
    };
    const goOn = (batch_size: number) =>
      beginRun(
        context as unknown as CommandContext,
        { kind: 'migration', body: { name: 'm', migration_settings: { batch_size } } } as unknown as RunPlan,
        { client } as unknown as App,
        false,
      );
    await expect(goOn(5)).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('--batch-size') });
    expect(words).toEqual([]);
    expect(await goOn(300)).toBe('m');
  }
});

test('a run that failed is started again with what is asked for now, and each option that differs is told', async () => {
  const again = async (asked: StartRequest): Promise<string[]> => {
    const notes: string[] = [];
    const begun = { name: 'm', exclude: ['spans'], migration_settings: { batch_size: 300 } };
    const client = {
      status: async () => ({ id: 'm', name: 'm', status: 'failed' }),
      begunWith: async () => toStartRequest(toMigrationRequest(begun)),
      start: async () => ({ id: 'm' }),
    };
    const context = {
      options: { isResume: true },
      output: { note: (line: string) => notes.push(line) },
      facts: {},
      signal: new AbortController().signal,
    };
    const plan = { kind: 'migration', body: { name: 'm', ...asked } };
    await beginRun(
      context as unknown as CommandContext,
      plan as unknown as RunPlan,
      { client } as unknown as App,
      false,
    );
    return notes.slice(1);
  };
  expect(await again({ tables: ['runs'], migration_settings: { batch_size: 300 } })).toEqual([
    'It was begun with something else for --tables, --exclude: what this call says of it holds now',
  ]);
  expect(await again({ exclude: ['spans'], migration_settings: { batch_size: 300 } })).toEqual([]);
});
