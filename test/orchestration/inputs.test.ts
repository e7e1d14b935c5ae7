import type { OrchestrationHandler } from 'durable-functions';
import { expect, test } from 'vitest';
import type { LaneInput, LaneResult } from '../../src/contract/lane.ts';
import { MESSAGE_VERSION } from '../../src/contract/messageVersion.ts';
import type { MigrateState } from '../../src/contract/migrateState.ts';
import type { ConcludeInput, MigrateInput, MigrateOutput } from '../../src/contract/migration.ts';
import type { AwaitWordInput } from '../../src/contract/operatorWord.ts';
import { NO_SUMS } from '../../src/contract/workSums.ts';
import { MigrationError, toProblem } from '../../src/errors.ts';
import { awaitWord } from '../../src/orchestrators/awaitWord.ts';
import { conclude } from '../../src/orchestrators/conclude.ts';
import { migrate } from '../../src/orchestrators/migrate.ts';
import { MIGRATION_OF_OTHERS } from '../../src/orchestrators/otherReleases.ts';
import { runLane } from '../../src/orchestrators/runLane.ts';
import { survivingDeployments } from '../../src/orchestrators/survivingDeployments.ts';
import { type Answerer, drive, show } from './fakeOrchestration.ts';
import { REQUEST } from './request.ts';

const PROBLEM = { kind: 'internal', message: 'gone', hint: 'again' } as const;
const version = MESSAGE_VERSION;
const MIGRATE: MigrateInput = { version, id: 'm', request: REQUEST, start: 's', state: null };
const LANE: LaneInput = {
  version,
  id: 'm',
  planStamp: 's',
  stallMinutes: 15,
  writer: null,
  notBefore: null,
  kind: 'copy',
  items: [{ unit: 4, only: null }],
  skip: [],
  since: null,
};
const AWAIT_WORD: AwaitWordInput = { version, id: 'm', looks: 0 };
const CONCLUDE: ConcludeInput = {
  version,
  id: 'm',
  request: REQUEST,
  state: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T01:00:00.000Z',
  endedIn: 'copy',
  problem: PROBLEM,
  isCancelled: false,
};

/** Every orchestration with an input of its own, and with one of another shape and the field that it is refused by. */
const ORCHESTRATIONS: readonly (readonly [string, OrchestrationHandler, object, odd: object, field: string])[] = [
  ['migrate', migrate, MIGRATE, { request: { ...REQUEST, validate: 'hunter2' } }, 'request.validate'],
  ['runLane', runLane, LANE, { items: [{ unit: 'hunter2', only: null }] }, 'items.0.unit'],
  ['awaitWord', awaitWord, AWAIT_WORD, { looks: 'hunter2' }, 'looks'],
  ['conclude', conclude, CONCLUDE, { endedIn: 'hunter2' }, 'endedIn'],
];

const refusing: Answerer = () => ({ ok: false, problem: PROBLEM, isTransient: false });

/** Why an orchestration does not begin with an input. */
function refusal(orchestrator: OrchestrationHandler, input: object): unknown {
  try {
    return show(drive(orchestrator, input, refusing).actions);
  } catch (error) {
    return error instanceof MigrationError ? toProblem(error) : error;
  }
}

test.each(ORCHESTRATIONS)('%s takes no step by an input of a newer release', (_name, orchestrator, input) => {
  expect(refusal(orchestrator, { ...input, version: MESSAGE_VERSION + 1 })).toMatchObject({
    kind: 'config',
    message: expect.stringMatching(/newer release/),
  });
});

test.each(ORCHESTRATIONS)(
  '%s takes no step by an input of another shape, and names its fields only',
  (_name, orchestrator, input, odd, field) => {
    expect(refusal(orchestrator, { ...input, ...odd })).toMatchObject({
      kind: 'internal',
      message: `The input of the step is not what this release sends: ${field}`,
    });
  },
);

/** What a request of the release before inputs had versions could not ask for yet. */
const EARLIER_REQUEST = Object.fromEntries(
  Object.entries(REQUEST).filter(([name]) => !['adoptTarget', 'allowThroughput', 'allowDeletes'].includes(name)),
);

test.each([
  ['migrate', migrate, { ...MIGRATE, request: EARLIER_REQUEST }, ['preflight', 'writeReport']],
  ['runLane', runLane, { ...LANE, stallMinutes: undefined, request: EARLIER_REQUEST }, ['copyUnit']],
  ['awaitWord', awaitWord, AWAIT_WORD, ['hearWord']],
  [
    'conclude',
    conclude,
    { ...CONCLUDE, request: EARLIER_REQUEST },
    ['recallRun', 'restoreThroughput', 'releaseTarget', 'wait 6000', 'writeReport', 'purgeLanes'],
  ],
] as const)(
  '%s goes on by an input of an earlier release, which had no version',
  (_name, orchestrator, input, steps) => {
    const { version: _, ...earlier } = input;
    expect(refusal(orchestrator, JSON.parse(JSON.stringify(earlier)) as object)).toEqual(steps);
  },
);

test('a step is told what a request of an earlier release did not ask for', () => {
  const { actions } = drive(migrate, { ...MIGRATE, request: EARLIER_REQUEST }, refusing);
  expect(actions[0]).toMatchObject({ input: { request: REQUEST } });
});

test('a state of an earlier release is gone on with, and what it does not tell is as in a new run', () => {
  const state: Partial<MigrateState> = { phase: 'report', startedAt: '2025-12-31T00:00:00.000Z', mayHaveClaimed: true };
  const { actions } = drive(migrate, { ...MIGRATE, version: 2, state }, refusing);
  expect(show(actions)).toEqual(['releaseTarget', 'writeReport']);
  expect(actions[1]).toMatchObject({ input: { state: { ...state, replans: 0, deleted: {} } } });
});

test('a generation does not hand on how often it was begun again', () => {
  const plan = { stamp: 's', units: 9_999, collections: 1, totalRows: 9, flavour: 'mongodb', unreadable: [] };
  const values: Readonly<Record<string, unknown>> = {
    preflight: { problems: [], isThroughputRaised: false, isOurs: false, isTakingOver: false },
    makePlan: { ...plan, needsUniqueIndexesFirst: false, hasRequest: true },
    prepareTarget: { wasMarked: false, writer: 'token' },
  };
  const lane: LaneResult = { ...NO_SUMS, requests: 1, remaining: [], stop: null, problem: null };
  const answer: Answerer = (name) => (name === 'runLane' ? lane : { ok: true, value: values[name] });
  const { continuedAsNew } = drive(migrate, { ...MIGRATE, restarts: 2 }, answer);
  expect(continuedAsNew).toMatchObject({ version, id: 'm', start: 's', request: REQUEST });
  expect(continuedAsNew).not.toHaveProperty('restarts');
});

test('a migration of a newer release whose request cannot be told to any step ends with the reason all the same', () => {
  const input = { ...MIGRATE, version: MESSAGE_VERSION + 1, request: { everything: true } };
  const { output, actions } = drive(survivingDeployments(migrate, MIGRATION_OF_OTHERS), input, refusing);
  expect(actions).toEqual([]);
  expect(output as MigrateOutput).toMatchObject({
    status: 'failed',
    endedIn: 'preflight',
    problems: [{ kind: 'config', message: expect.stringMatching(/newer release/) }],
  });
});
