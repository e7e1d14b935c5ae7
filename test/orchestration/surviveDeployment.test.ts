import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import { expect, test } from 'vitest';
import hostFile from '../../host.json' with { type: 'json' };
import type { LaneInput, LaneResult } from '../../src/contract/lane.ts';
import { MESSAGE_VERSION } from '../../src/contract/messageVersion.ts';
import type { MigrateInput, MigrateOutput } from '../../src/contract/migration.ts';
import type { MigrationRequest } from '../../src/contract/migrationRequest.ts';
import { NO_SUMS } from '../../src/contract/workSums.ts';
import { begunSteps, rememberHistory } from '../../src/orchestrators/begunSteps.ts';
import { migrate } from '../../src/orchestrators/migrate.ts';
import { LANE_OF_OTHERS, MIGRATION_OF_OTHERS } from '../../src/orchestrators/otherReleases.ts';
import { runLane } from '../../src/orchestrators/runLane.ts';
import { survivingDeployments } from '../../src/orchestrators/survivingDeployments.ts';
import { runOnExtension } from './extensionModel.ts';
import { type Action, type Answerer, drive, show } from './fakeOrchestration.ts';
import { REQUEST } from './request.ts';

/** A history in which these steps were begun, as the extension hands it over: activities, lanes in brackets, waits. */
function historyOf(steps: readonly string[]): object {
  const events = steps.map((step, EventId) =>
    step === 'wait'
      ? { EventType: 10, EventId, FireAt: '2026-01-01T00:00:05.000Z' }
      : { EventType: step === 'runLane' ? 7 : 4, EventId, Name: step },
  );
  return { history: [{ EventType: 12, EventId: -1 }, ...events.toReversed(), { EventType: 13, EventId: -1 }] };
}

/** Runs an orchestrator that is called with such a history. */
function resume(orchestrator: OrchestrationHandler, input: unknown, steps: readonly string[], answer: Answerer) {
  const called: OrchestrationHandler = (context: OrchestrationContext) => {
    rememberHistory(context, historyOf(steps));
    return orchestrator(context);
  };
  const run = drive(called, input, answer);
  return { ...run, shown: show(run.actions) };
}

interface Counted {
  readonly version?: number;
  readonly from: number;
}

/** Two steps, and a third with two at once. */
const three: OrchestrationHandler = function* (context): Generator<Task, unknown, unknown> {
  const one = yield context.df.callActivity('one');
  yield context.df.Task.all([context.df.callActivity('two'), context.df.callSubOrchestrator('runLane')]);
  return one;
};
const surviving = survivingDeployments<Counted>(three, {
  again: (_context, input) => input,
  refuse: () => ({ output: 'refused' }),
});
const NOW = { version: MESSAGE_VERSION, from: 3 };
const answered: Answerer = (name) => name;

test('the version of host.json is that of the messages, and every worker takes every instance: the app itself tells them apart', () => {
  const { defaultVersion, versionMatchStrategy } = hostFile.extensions.durableTask;
  expect(defaultVersion).toBe(String(MESSAGE_VERSION));
  expect(versionMatchStrategy).toBe('None');
});

test.each([[[]], [['one']], [['one', 'two', 'runLane']]])('a history %j that fits is gone on with', (steps) => {
  const { shown, output, continuedAsNew } = resume(surviving, NOW, steps, answered);
  expect(shown).toEqual(['one', '[two runLane]']);
  expect({ output, continuedAsNew }).toEqual({ output: 'one', continuedAsNew: undefined });
});

test.each([
  ['another step', ['one', 'other', 'two', 'runLane'], ['one', '(other two runLane)']],
  ['another step at first', ['other', 'one'], ['(other one)']],
  ['more steps', ['one', 'two', 'runLane', 'wait'], ['one', '[two runLane]', '(wait 5000)']],
  ['another kind of step', ['one', 'two', 'two'], ['one', '(two two)']],
  ['other steps at once', ['one', 'two', 'other'], ['one', '(two other)']],
])('a history with %s is followed to its end, and the generation is begun again', (_what, steps, expected) => {
  const { shown, continuedAsNew } = resume(surviving, NOW, steps, answered);
  expect(shown).toEqual(expected);
  expect(continuedAsNew).toEqual({ ...NOW, restarts: 1 });
});

test('steps of the history that fail are waited for like the others', () => {
  const { shown, continuedAsNew } = resume(surviving, NOW, ['one', 'old', 'older'], (name) => {
    if (name === 'old') throw new Error('There is no such function any more');
    return name;
  });
  expect(shown).toEqual(['one', '(old older)']);
  expect(continuedAsNew).toEqual({ ...NOW, restarts: 1 });
});

/** Two lanes, of which one is late, then a step of this name; and the late one. */
const withLate = (step: string): OrchestrationHandler =>
  survivingDeployments<Counted>(
    function* ({ df }): Generator<Task, unknown, unknown> {
      const lanes = ['slow', 'fast'].map((name) => df.callSubOrchestrator(name));
      const timer = df.createTimer(new Date(df.currentUtcDateTime.getTime() + 5_000));
      yield df.Task.any([df.Task.all(lanes), timer]);
      const second = df.createTimer(new Date(df.currentUtcDateTime.getTime() + 900_000));
      yield df.Task.any([df.callActivity(step), second]);
      second.cancel();
      yield df.callActivity('third');
      for (const lane of lanes) yield lane;
      return step;
    },
    { again: (_context, input) => input, refuse: () => ({ output: 'refused' }) },
  );

test.each([
  ['a newer program goes on', NOW, 'new'],
  ['a newer release begins again', { from: 3 }, 'old'],
])(
  'where %s in the middle, lanes that are late have ended before it does, and no cancelled timer is waited for',
  async (_what, input, step) => {
    const seen: string[] = [];
    const deployed: OrchestrationHandler = (context) => {
      // The program of before takes its own history for what it is: by a context of which none was remembered.
      const names = begunSteps(context).map((one) => (one.kind === 'timer' ? one.kind : one.name));
      if (!names.includes('third')) return withLate('old')(Object.create(context) as OrchestrationContext);
      seen.push(...names);
      return withLate(step)(context);
    };
    const run = await runOnExtension(deployed, input, ({ name }) => ({
      takesMs: name === 'slow' ? 60_000 : 1_000,
      value: name,
    }));
    expect(seen.slice(0, 6)).toEqual(['slow', 'fast', 'timer', 'old', 'timer', 'third']);
    expect(run.continuedAsNew).toEqual({ ...NOW, restarts: 1 });
    expect(run.left).toEqual([]);
    expect(run.endMs - (run.begun[0]?.atMs ?? 0)).toBe(60_000);
  },
);

test('what an older release has begun is begun again, though its steps have the same names', () => {
  const older = { from: 3 };
  const { shown, continuedAsNew } = resume(surviving, older, ['one', 'two'], answered);
  expect(shown).toEqual(['(one two)']);
  expect(continuedAsNew).toEqual({ ...NOW, restarts: 1 });
  // Nothing was begun yet: there is nothing to follow.
  expect(resume(surviving, older, [], answered).output).toBe('one');
});

test('what a newer release has begun is refused when its steps have ended', () => {
  const { shown, output } = resume(surviving, { version: MESSAGE_VERSION + 1 }, ['new'], answered);
  expect(shown).toEqual(['(new)']);
  expect(output).toBe('refused');
});

test('a program that never fits its own history does not begin again for ever', () => {
  const { shown, output } = resume(surviving, { ...NOW, restarts: 5 }, ['other'], answered);
  expect(shown).toEqual(['one', '[two runLane]']);
  expect(output).toBe('one');
});

test('a failure of the orchestrator itself stays one, and one that old answers led to does not', () => {
  const failing: OrchestrationHandler = function* (context): Generator<Task, unknown, unknown> {
    yield context.df.callActivity('one');
    throw new Error('broken');
  };
  const wrapped = survivingDeployments<Counted>(failing, {
    again: (_context, input) => input,
    refuse: () => ({ output: null }),
  });
  expect(() => resume(wrapped, NOW, ['one'], answered)).toThrow('broken');
  expect(resume(wrapped, NOW, ['one', 'two'], answered).continuedAsNew).toEqual({ ...NOW, restarts: 1 });
});

test('what a generation hands on to the next one carries the version', () => {
  const again: OrchestrationHandler = function* (context): Generator<Task, unknown, unknown> {
    yield context.df.callActivity('one');
    context.df.continueAsNew({ from: 4 });
    return undefined;
  };
  const wrapped = survivingDeployments<Counted>(again, {
    again: (_context, input) => input,
    refuse: () => ({ output: null }),
  });
  expect(resume(wrapped, { ...NOW, restarts: 2 }, [], answered).continuedAsNew).toEqual({ ...NOW, from: 4 });
});

const PROBLEM = { kind: 'target-refused', message: 'no', hint: 'ask' } as const;

/** A request as messages up to version 3 carry it. */
function asVersion3({ target: destination, ...others }: MigrationRequest): object {
  return { destination, ...others };
}

const inputOf = (actions: readonly Action[], name: string): unknown =>
  (actions.find((action) => action.kind === 'activity' && action.name === name) as { input: unknown } | undefined)
    ?.input;

test('a migration of a newer release ends with a report, its throughput set back and its claim given up', () => {
  const migration = survivingDeployments(migrate, MIGRATION_OF_OTHERS);
  const input: MigrateInput = { version: MESSAGE_VERSION + 1, id: 'm', request: REQUEST, state: null };
  const steps = ['preflight', 'makePlan', 'prepareTarget', 'raiseThroughput', 'weighEverything'];
  const { continuedAsNew } = resume(migration, input, steps, () => ({ ok: true, value: null }));
  const last = resume(migration, continuedAsNew, [], (name) => ({
    version: MESSAGE_VERSION,
    ok: true,
    value: name === 'writeReport' ? { status: 'failed' } : null,
  }));
  expect(last.shown).toEqual(['restoreThroughput', 'releaseTarget', 'writeReport']);
  expect((last.output as MigrateOutput).status).toBe('failed');
  expect(inputOf(last.actions, 'writeReport')).toMatchObject({
    version: MESSAGE_VERSION,
    state: { problems: [{ kind: 'config', message: expect.stringMatching(/newer release/) }] },
  });
});

test('a migration of an older release goes on as the run that it was', () => {
  const migration = survivingDeployments(migrate, MIGRATION_OF_OTHERS);
  const input = { id: 'm', request: asVersion3(REQUEST), state: null };
  const { continuedAsNew } = resume(migration, input, ['preflight'], () => null);
  expect(continuedAsNew).toMatchObject({
    version: MESSAGE_VERSION,
    state: { phase: 'preflight', startedAt: '2026-01-01T00:00:00.000Z', plan: null },
  });
  const { actions } = resume(migration, continuedAsNew, [], () => ({
    ok: false,
    problem: PROBLEM,
    isTransient: false,
  }));
  expect(inputOf(actions, 'preflight')).toMatchObject({ request: REQUEST });
});

/** A lane as messages of version 2 told of it: with the whole request. */
const EARLIER_LANE = {
  version: 2,
  id: 'm',
  plan: 's',
  request: asVersion3({ ...REQUEST, stallMinutes: 7 }),
  writer: 'token',
  notBefore: null,
  kind: 'copy',
  items: [{ unit: 4, only: null }],
  skip: [],
  since: null,
} as const;

test('a lane of an earlier release goes on as one of this, and its steps are told what no plan keeps', () => {
  const lane = survivingDeployments(runLane, LANE_OF_OTHERS);
  const { shown, continuedAsNew } = resume(lane, EARLIER_LANE, ['copyUnit'], () => ({ ok: true, value: null }));
  expect(shown).toEqual(['(copyUnit)']);
  expect(continuedAsNew).toMatchObject({ version: MESSAGE_VERSION, stallMinutes: 7, items: EARLIER_LANE.items });
  // The next generation, and one of which nothing was begun yet.
  for (const input of [continuedAsNew, EARLIER_LANE]) {
    const { actions, output } = resume(lane, input, [], () => ({ ok: false, problem: PROBLEM, isTransient: false }));
    expect(inputOf(actions, 'copyUnit')).toMatchObject({
      version: MESSAGE_VERSION,
      planStamp: 's',
      request: { ...REQUEST, stallMinutes: 7 },
    });
    expect(output).toMatchObject({ remaining: EARLIER_LANE.items, problem: PROBLEM });
  }
});

test('a lane of a newer release gives its units back with the reason', () => {
  const lane = survivingDeployments(runLane, LANE_OF_OTHERS);
  const items = [{ unit: 4, only: null }];
  const input = { version: MESSAGE_VERSION + 1, id: 'm', request: REQUEST, items } as unknown as LaneInput;
  const { output } = resume(lane, input, ['copyUnit'], () => ({ ok: true, value: null }));
  expect(output as LaneResult).toMatchObject({
    ...NO_SUMS,
    remaining: items,
    stop: null,
    problem: { kind: 'config', message: expect.stringMatching(/newer release/) },
  });
});

test('the answer of a newer release counts as none: the unit goes back', () => {
  const items = [{ unit: 4, only: null }];
  const input: LaneInput = {
    id: 'm',
    planStamp: 's',
    stallMinutes: 15,
    writer: 'token',
    notBefore: null,
    kind: 'copy',
    items,
    skip: [],
    since: null,
  };
  const { output } = drive(runLane, input, () => ({ version: MESSAGE_VERSION + 1, ok: true, value: {} }));
  expect((output as LaneResult).remaining).toEqual([{ unit: 4, only: null, lost: { times: 1, how: 'diverged' } }]);
});
