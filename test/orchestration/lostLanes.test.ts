import type { OrchestrationContext, OrchestrationHandler } from 'durable-functions';
import { expect, test } from 'vitest';
import type { LaneInput, LaneResult, WorkItem } from '../../src/contract/lane.ts';
import type { MigrateState } from '../../src/contract/migrateState.ts';
import { NO_SUMS } from '../../src/contract/workSums.ts';
import { hasUnits, runWindow } from '../../src/orchestrators/runWindow.ts';
import { newState } from '../../src/orchestrators/state.ts';
import { drive, show } from './fakeOrchestration.ts';
import { REQUEST } from './request.ts';

const PLAN = {
  stamp: 's',
  units: 7,
  collections: 1,
  totalRows: 9,
  flavour: 'mongodb',
  unreadable: [],
} as const;

/** Windows of three lanes until every unit is done, or the copy ends with a problem. */
const copyAll: OrchestrationHandler = function* (context: OrchestrationContext) {
  let state: MigrateState = { ...newState(context), phase: 'copy', plan: PLAN, lanes: 3, writer: 'token' };
  const generation = { id: 'm', request: { ...REQUEST, parallel: 3 }, begun: 0 };
  while (state.phase === 'copy' && hasUnits(state)) {
    state = yield* runWindow(context, generation, state, 'copy');
  }
  return state;
};

/** What a lane answers that does all of its units: each is ten rows of one table. */
const done = (items: readonly WorkItem[]): LaneResult => ({
  ...NO_SUMS,
  tables: { runs: [10 * items.length, 0, 0, 0, 0] },
  remaining: [],
  stop: null,
  problem: null,
});
const died = (): never => {
  throw new Error('Orchestrator function failed: hunter2');
};

/** Runs the copy; `answer` is that of a lane with these items. */
function copy(answer: (items: readonly WorkItem[]) => LaneResult) {
  const asked: (readonly WorkItem[])[] = [];
  const run = drive(copyAll, null, (_name, input) => {
    const { items } = input as LaneInput;
    asked.push(items);
    return answer(items);
  });
  return { state: run.output as MigrateState, shown: show(run.actions), asked };
}

const unitsOf = (items: readonly WorkItem[]) => items.map(({ unit }) => unit);

test('a lane that ends without an answer gives its units back, and what the others did counts', () => {
  let isFirst = true;
  const { state, shown, asked } = copy((items) => {
    if (!isFirst || !unitsOf(items).includes(1)) return done(items);
    isFirst = false;
    return died();
  });
  expect(asked.slice(0, 3).map(unitsOf)).toEqual([
    [0, 3, 6],
    [1, 4],
    [2, 5],
  ]);
  // Those that were lost, each in a lane of its own.
  expect(asked.slice(3)).toEqual([1, 4].map((unit) => [{ unit, only: null, lost: { times: 1, how: 'died' } }]));
  expect(shown).toEqual(['[runLane runLane runLane]', 'wait 2000', '[runLane runLane]']);
  expect(state).toMatchObject({ phase: 'copy', problems: [], copied: { tables: { runs: [70, 0, 0, 0, 0] } } });
  expect(JSON.stringify(state)).not.toContain('hunter2');
});

test('all lanes of a window may end so: each of their units is done again', () => {
  let left = 3;
  const { state } = copy((items) => (left-- > 0 ? died() : done(items)));
  expect(state).toMatchObject({ problems: [], leftover: [], copied: { tables: { runs: [70, 0, 0, 0, 0] } } });
});

test('a unit that takes its lane along each time is at last alone, then given up; no other unit is', () => {
  const failures = [{ table: 'runs', problem: { kind: 'internal', message: 'm', hint: 'h' } as const }];
  const { state, asked } = copy((items) => {
    const [first] = items;
    if (!unitsOf(items).includes(4)) return done(items);
    // With this the lane has the unit's tables booked as failed.
    return first?.lost?.times === 3 ? { ...done([]), tables: {}, failures } : died();
  });
  const withIt = asked.filter((items) => unitsOf(items).includes(4));
  expect(withIt.map(unitsOf)).toEqual([[1, 4], [4], [4], [4]]);
  expect(withIt.map((items) => items.find(({ unit }) => unit === 4)?.lost?.times ?? 0)).toEqual([0, 1, 2, 3]);
  expect(
    asked
      .flat()
      .filter(({ lost }) => (lost?.times ?? 0) > 1)
      .map(({ unit }) => unit),
  ).toEqual([4, 4]);
  expect(state).toMatchObject({
    phase: 'copy',
    problems: [],
    copied: { tables: { runs: [60, 0, 0, 0, 0] }, failures },
  });
});

test('where not even giving up is answered, the migration ends with the reason and keeps what was counted', () => {
  const { state, asked } = copy((items) => (unitsOf(items).includes(6) ? died() : done(items)));
  expect(asked.filter((items) => unitsOf(items).includes(6))).toHaveLength(4);
  expect(state.phase).toBe('report');
  expect(state.problems).toMatchObject([{ kind: 'internal', message: expect.stringMatching(/without an answer/) }]);
  expect(state.copied.tables['runs']?.[0]).toBe(60);
});

test('a history that did not match the program is told apart from a process that died', () => {
  let isFirst = true;
  const { asked } = copy((items) => {
    if (!isFirst) return done(items);
    isFirst = false;
    throw new Error("Orchestrator function 'runLane' failed: Non-Deterministic workflow detected: ...");
  });
  expect(asked[3]?.[0]?.lost).toEqual({ times: 1, how: 'diverged' });
});
