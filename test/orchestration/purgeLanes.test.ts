import { expect, test } from 'vitest';
import { laneIdOf } from '../../src/contract/laneIdOf.ts';
import type { PurgeLanesInput } from '../../src/contract/steps/purgeLanes.ts';
import { NO_SUMS } from '../../src/contract/workSums.ts';
import { conclude } from '../../src/orchestrators/conclude.ts';
import { migrate } from '../../src/orchestrators/migrate.ts';
import { type Answerer, drive, leavesOf, type Run } from './fakeOrchestration.ts';
import { REQUEST } from './request.ts';

const STARTED_AT = '2026-01-01T00:00:00.000Z';
const ok = (value: unknown) => ({ ok: true, value });
const PLAN = {
  stamp: 's',
  units: 4_000,
  collections: 1,
  totalRows: 9,
  flavour: 'mongodb',
  hasRequest: true,
  unreadable: [],
};
const ANSWERS: Readonly<Record<string, unknown>> = {
  preflight: ok({ problems: [], isThroughputRaised: false, isOurs: false, isTakingOver: false }),
  makePlan: ok(PLAN),
  prepareTarget: ok({ wasMarked: false, writer: 'token' }),
  buildIndexes: ok({ isLeft: false }),
  releaseTarget: ok(null),
  writeReport: ok({ status: 'completed', problems: [] }),
};
const answer: Answerer = (name, input) => {
  // Each lane does a few units and gives the others back, so that there are many.
  const { items } = input as { readonly items: readonly unknown[] };
  if (name === 'runLane') return { ...NO_SUMS, remaining: items.slice(8), stop: null, problem: null };
  return ANSWERS[name];
};

const purgedBy = ({ actions }: Run): readonly PurgeLanesInput[] =>
  actions.flatMap((action) =>
    action.kind === 'activity' && action.name === 'purgeLanes' ? [action.input as PurgeLanesInput] : [],
  );
const lanesBegunBy = ({ actions }: Run): readonly (string | null)[] =>
  leavesOf(actions).flatMap((action) => (action.kind === 'orchestration' ? [action.id] : []));

/** Runs all generations of a migration whose lanes are many. */
function generationsOf(answerer: Answerer): readonly Run[] {
  const generations: Run[] = [];
  let input: unknown = { id: 'm', request: { ...REQUEST, validate: 'none' }, state: null };
  for (let clock = Date.parse(STARTED_AT); input !== undefined; input = generations.at(-1)?.continuedAsNew) {
    const generation = drive(migrate, input, answerer, clock);
    generations.push(generation);
    clock = generation.clockMs;
  }
  return generations;
}

test('each generation ends by purging the lanes that it has begun, and no other', () => {
  const generations = generationsOf(answer);
  expect(generations.length).toBeGreaterThan(2);
  const begun: (string | null)[] = [];
  for (const generation of generations) {
    const lanes = lanesBegunBy(generation);
    const [purged, ...others] = purgedBy(generation);
    expect(others).toEqual([]);
    const { from = 0, to = 0 } = purged ?? {};
    const ids = Array.from({ length: to - from }, (_unused, index) =>
      laneIdOf({ id: 'm', startedAt: STARTED_AT }, from + index),
    );
    expect(ids).toEqual(lanes);
    // Nothing comes after it: no lane is under way, and their results are in the state.
    expect(generation.actions.at(-1)).toMatchObject({ name: 'purgeLanes' });
    begun.push(...lanes);
  }
  expect(new Set(begun).size).toBe(begun.length);
});

test('what cannot be purged changes nothing', () => {
  const failing: Answerer = (name, input, clock) => {
    if (name === 'purgeLanes') throw new Error('storage is away');
    return answer(name, input, clock);
  };
  expect(generationsOf(failing).at(-1)?.output).toEqual({ status: 'completed', problems: [] });
});

test('of a migration that Durable ended, those of its last generation are purged, however many it had begun', () => {
  const before = generationsOf(answer)[0]?.continuedAsNew as { readonly state: object };
  const input = {
    id: 'm',
    request: REQUEST,
    state: before.state,
    startedAt: STARTED_AT,
    endedAt: STARTED_AT,
    endedIn: 'copy',
    problem: { kind: 'internal', message: 'ended', hint: 'again' },
    isCancelled: false,
  };
  const recalling: Answerer = (name, of, clock) =>
    name === 'recallRun' ? ok({ plan: PLAN, writer: 'token' }) : (answer(name, of, clock) ?? ok(null));
  const [purged] = purgedBy(drive(conclude, input, recalling));
  const second = generationsOf(answer)[1] as Run;
  expect(purged?.from).toBe((before.state as { lanesBegun: number }).lanesBegun);
  expect((purged?.to ?? 0) - (purged?.from ?? 0)).toBeGreaterThanOrEqual(lanesBegunBy(second).length);
});
