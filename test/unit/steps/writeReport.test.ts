import { expect, test } from 'vitest';
import type { MigrateState } from '../../../src/contract/migrateState.ts';
import type { MigrationReport } from '../../../src/contract/migrationReport.ts';
import type { MigrationRequest } from '../../../src/contract/migrationRequest.ts';
import type { Problem } from '../../../src/errors.ts';
import { newState } from '../../../src/orchestrators/state.ts';
import { blobPaths } from '../../../src/runtime/blobPaths.ts';
import type { Connections } from '../../../src/runtime/connections.ts';
import { Services } from '../../../src/runtime/services.ts';
import { writeReport } from '../../../src/steps/writeReport.ts';
import { getJson, putJson } from '../../../src/storage/blobStore.ts';
import { NO_METRICS } from '../../../src/telemetry/metrics.ts';
import { REQUEST } from '../../orchestration/request.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const AT = new Date('2026-11-27T12:00:00.000Z');
const ENDED: Problem = { kind: 'source-unreachable', message: 'The source is gone', hint: 'Wait' };
const PLAN = {
  stamp: AT.toISOString(),
  units: 2,
  collections: 1,
  totalRows: 100,
  flavour: 'mongodb',
  unreadable: [],
} as const;
const NOT_COUNTED = /What stands in the target was not counted.*What was written stays/s;
const NOTHING = /Nothing was written to the target/;
const NO_RECORD = /No record of the source was written/;

/** What a run has left in storage. */
type Left =
  | 'claim'
  | 'progress of a newer release'
  | 'progress'
  | 'all of a newer release'
  | 'plan of another version'
  | 'plan cut short';

async function endOf(state: Partial<MigrateState>, left: readonly Left[] = [], asked: Partial<MigrationRequest> = {}) {
  const blobs = new MemoryBlobs();
  const content: Readonly<Record<Left, () => Promise<void>>> = {
    claim: () => putJson(blobs, blobPaths.claim('lab'), { token: 'token', shared: [], strangers: [] }),
    progress: async () => {
      await putJson(blobs, blobPaths.summary('lab'), {
        source: 's',
        target: 't',
        tableRows: { runs: 100 },
        isValidated: true,
      });
      const rows = { copied: { runs: 70 }, validated: {}, errors: {} };
      const load = { bytes: 0, throttled: 0, requestUnits: 0, rowsPerSecond: 0, bytesPerSecond: 0 };
      const open = { copied: {}, validated: {}, errors: {} };
      const done = { ...rows, ...load, open, updatedAt: AT.toISOString() };
      await putJson(blobs, blobPaths.processProgress('lab', 'p'), done);
    },
    'progress of a newer release': () => putJson(blobs, blobPaths.processProgress('lab', 'p'), { version: 99 }),
    'all of a newer release': async () => {
      const { claim, plan, summary, control, processProgress } = blobPaths;
      const paths = [claim, plan, summary, control].map((path) => path('lab'));
      for (const path of [...paths, processProgress('lab', 'p')]) await putJson(blobs, path, { version: 99 });
    },
    'plan of another version': () => putJson(blobs, blobPaths.plan('lab'), { version: 99, createdAt: PLAN.stamp }),
    'plan cut short': () => blobs.put(blobPaths.plan('lab'), '{"version":2,"crea'),
  };
  for (const one of left) await content[one]();
  const away = async () => Promise.reject(new Error('away'));
  const connections = { useSource: away, useTarget: away, use: away } as unknown as Connections;
  const services = new Services(connections, blobs, NO_METRICS, new AbortController().signal);
  const context = { df: { currentUtcDateTime: AT } } as Parameters<typeof newState>[0];
  const input = {
    id: 'lab',
    request: { ...REQUEST, ...asked },
    state: { ...newState(context), phase: 'report' as const, ...state },
    finishedAt: '2026-11-27T13:00:00.000Z',
  };
  const output = await writeReport(services, input, new AbortController().signal);
  const report = await getJson<MigrationReport>(blobs, blobPaths.report('lab', 'json'));
  const text = await blobs.get(blobPaths.report('lab', 'text'));
  return { output, totals: report?.totals, text };
}

const failedIn = (endedIn: MigrateState['endedIn'], state: Partial<MigrateState> = {}): Partial<MigrateState> => ({
  endedIn,
  problems: [ENDED],
  ...state,
});
const UNDER_WAY = { plan: PLAN, writer: 'token', mayHaveClaimed: true };

test.each([
  ['a plan of another version', failedIn('copy', { writer: 'token' }), ['claim', 'plan of another version']],
  ['a plan that is lost', failedIn('copy', UNDER_WAY), ['claim']],
  ['a plan that is cut short', failedIn('validate', UNDER_WAY), ['claim', 'plan cut short']],
  ['records of a newer release', failedIn('copy', UNDER_WAY), ['all of a newer release']],
  ['the same, cancelled', failedIn('copy', { ...UNDER_WAY, isCancelled: true }), ['all of a newer release']],
  ['the same in a state that knows nothing', failedIn('preflight'), ['all of a newer release']],
  ['nothing but progress of a newer release', failedIn('preflight'), ['progress of a newer release']],
  ['plan and claim that are lost', failedIn('indexes', { mayHaveClaimed: true }), []],
  ['a state that knows nothing, as a deployment began it again', failedIn('preflight'), ['claim']],
  ['the same, with a claim that is lost', failedIn('preflight'), ['progress']],
] as const)('of a run with %s nobody says that nothing was written', async (_what, state, left) => {
  const { text, output, totals } = await endOf(state, left);
  expect(text).toMatch(NOT_COUNTED);
  expect(text).not.toMatch(NO_RECORD);
  expect(text).not.toMatch(NOTHING);
  expect(output.status).toBe('isCancelled' in state ? 'cancelled' : 'failed');
  const isTold = left.some((one) => one === 'progress');
  expect(totals).toEqual(isTold ? { total: 100, migrated: 70, errors: 0 } : { total: 0, migrated: 0, errors: 0 });
});

test('what its work has told last stands in the report, and in the output that the status shows', async () => {
  const { text, output } = await endOf(failedIn('copy', UNDER_WAY), ['claim', 'progress']);
  expect(text).toContain('not counted; the figures are those that its work stored last');
  expect(text).toMatch(/RUNS +Total: +100 \| Migrated: +70/);
  expect(output.tables).toMatchObject({ runs: { total: 100, migrated: 70 } });
});

test('a run whose plan cannot be read for its report has not completed', async () => {
  const { output } = await endOf({ ...UNDER_WAY, endedIn: 'catch-up' }, ['claim']);
  expect(output).toMatchObject({
    status: 'failed',
    problems: [{ message: expect.stringContaining('The plan of lab') }],
  });
});

test.each([
  ['failed before it claimed', failedIn('preflight'), {}, NOTHING],
  ['failed while it prepared', failedIn('plan', { mayHaveClaimed: true }), {}, NO_RECORD],
  ['compares before it takes over', failedIn('validate', { isTakingOver: true }), {}, NOTHING],
  ['compared only', failedIn('validate'), { validateOnly: true }, NOTHING],
] as const)('one that is known to have written no record says so: it %s', async (_what, state, asked, words) => {
  const { text } = await endOf(state, [], asked);
  expect(text).toMatch(words);
  expect(text).not.toMatch(NOT_COUNTED);
});
