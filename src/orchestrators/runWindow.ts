import type { OrchestrationContext, Task } from 'durable-functions';
import { type Flavour, isCharged } from '../contract/flavour.ts';
import type { UnitKind } from '../contract/lane.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import { sumOf } from '../contract/tableCounts.ts';
import { addSums } from '../contract/workSums.ts';
import type { Problem } from '../errors.ts';
import { dealUnits } from './dealUnits.ts';
import { type Generation, isFull } from './generation.ts';
import { heedWord } from './heedWord.ts';
import { beginLanes, type EndedLane, hasEnded, type LaneTask, resultsOf } from './laneTasks.ts';
import { failed, goesByPasses, now, planOf, withEvent } from './state.ts';
import { MAX_UNANSWERED, timesUnanswered } from './unanswered.ts';
import { wait } from './wait.ts';

/**
 * How long a window takes. Lanes end with the unit that they are at, so that on average half a unit's time is idle: half a second
 * each takes where the target takes what it is given, up to a minute on request units.
 */
const WINDOW_MS = 20_000;
const WINDOW_RU_MS = 600_000;
/** Share of its time for which a window's last lanes are waited for: longer than a unit takes, unless its process died. */
const PATIENCE = 0.25;
/** Share of refused requests above which the next window has fewer lanes. */
const TOO_MANY_REFUSED = 0.05;
const LOST_WAIT_MS = 2_000;
/** Most lanes where the request names no number. */
const DEFAULT_LANES = 3;
const DEFAULT_LANES_RU = 2;

const NO_ANSWERS: Problem = {
  kind: 'internal',
  message: 'Steps of the migration keep ending without an answer',
  hint: 'Their processes end or their time runs out: look at the log of the host, and at how much memory it has. Then start again with --resume: what was copied is kept',
};

/** Lanes that a run begins with, and that it has at most. */
export function mostLanes({ parallel }: MigrationRequest, flavour: Flavour): number {
  return parallel ?? (isCharged(flavour) ? DEFAULT_LANES_RU : DEFAULT_LANES);
}

/** Are there units of the phase that are not done yet? */
export function hasUnits(state: MigrateState): boolean {
  return state.next < planOf(state).units || state.leftover.length > 0;
}

/**
 * One window: `lanes` lanes at once, each with its share of the next units until the window's time is over. Where lanes are
 * late then, as their process died or a unit takes long, further windows beside them.
 *
 * Work goes by windows because a migration has to stop now and then: only between two windows can it change the number of
 * lanes, heed the operator's word, end for a problem, or start over with an empty history. Lanes are orchestrations of
 * their own so that the many steps of their units stand in their histories: here each lane is a few rows, however much it does.
 * Nobody waits long for a slower one, as they all end by the clock: what a lane did not come to is dealt again.
 */
export function* runWindow(
  context: OrchestrationContext,
  generation: Generation,
  before: MigrateState,
  kind: UnitKind,
): Generator<Task, MigrateState, unknown> {
  const windowMs = isCharged(planOf(before).flavour) ? WINDOW_RU_MS : WINDOW_MS;
  let state = before;
  let late: readonly LaneTask[] = [];
  let results: EndedLane[];
  do {
    const until = context.df.currentUtcDateTime.getTime() + windowMs;
    const { begun, rest } = dealUnits(generation, state, kind, { lanes: state.lanes - comparing(late), until });
    generation.begun += begun.length;
    const lanes = [...late, ...(yield* beginLanes(context, begun, windowMs * (1 + PATIENCE)))];
    const ended = lanes.filter(hasEnded);
    late = lanes.filter((lane) => !ended.includes(lane));
    results = [...(yield* resultsOf(ended))];
    state = withResults(generation, rest, kind, results);
    const goesOn = !results.some(isCut) && hasUnits(state) && comparing(late) < state.lanes && !isFull(generation);
    if (!goesOn) {
      results.push(...(yield* resultsOf(late)));
      late = [];
      state = withResults(generation, rest, kind, results);
    }
  } while (late.length > 0);
  return yield* heedResults(context, generation.id, state, results);
}

/** Lanes that share the work with others: one that makes indexes has a place of its own. */
function comparing(lanes: readonly LaneTask[]): number {
  return lanes.filter(({ input }) => input.kind !== 'indexes').length;
}

/** Ends the run, or waits, where lanes of the last window ask for it. */
function* heedResults(
  context: OrchestrationContext,
  id: string,
  before: MigrateState,
  results: readonly EndedLane[],
): Generator<Task, MigrateState, unknown> {
  const left = [...before.leftover, ...(before.building ?? [])];
  const lost = left.filter((item) => timesUnanswered(item) > 0).length;
  const state = lost === 0 ? before : withEvent(before, { at: now(context), what: 'retried', count: lost });
  // Nothing cancels a cancellation, so it goes before a suspension that another lane has met.
  if (results.some(({ stop }) => stop === 'cancel')) {
    return { ...state, isCancelled: true, phase: 'report', endedIn: state.phase };
  }
  if (results.some(({ stop }) => stop === 'suspend')) yield* heedWord(context, id);
  // A worker that died is not back at once.
  else if (lost > 0) yield* wait(context, LOST_WAIT_MS);
  const problems = results.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  // Not even its tables could be booked as failed: no step comes through any more.
  if (left.some((item) => timesUnanswered(item) > MAX_UNANSWERED)) problems.push(NO_ANSWERS);
  // Lanes that fail for the same reason say the same: one of them is enough.
  return problems.length > 0 ? failed(state, problems.slice(0, 1)) : state;
}

/** Must lanes that are late be waited for, as work stops, or as units that were lost are to be tried with fewer beside them? */
function isCut({ stop, problem, remaining }: EndedLane): boolean {
  return stop !== null || problem !== null || remaining.some((item) => timesUnanswered(item) > 0);
}

/** The state after a window: sums, what is left over, and how many lanes the next one has. */
function withResults(
  { request }: Generation,
  state: MigrateState,
  kind: UnitKind,
  results: readonly EndedLane[],
): MigrateState {
  const isPass = goesByPasses(state);
  const sums = kind === 'copy' ? state.copied : isPass ? state.passed : state.validated;
  const total = results.reduce(addSums, sums);
  // What a comparison had to write is what the source has changed: it decides whether another pass is worth it.
  const repaired = results.reduce((sum, { tables }) => sum + sumOf(tables, 'repaired'), 0);
  const remainingOf = (isBuilding: boolean) =>
    results.flatMap((result) => ((result.kind === 'indexes') === isBuilding ? result.remaining : []));
  const leftover = [...state.leftover, ...remainingOf(false)];
  const building = [...(state.building ?? []), ...remainingOf(true)];
  const builtAt = results.find((result) => result.builtAt !== undefined)?.builtAt;
  const isCompared = state.phase === 'indexes' && leftover.length === 0 && state.next >= planOf(state).units;
  const comparedAt = results.flatMap(({ kind: of, endedAt = [] }) => (of === 'validate' ? endedAt : [])).toSorted();
  const besideTo = isCompared ? comparedAt.at(-1) : undefined;
  return {
    ...state,
    changed: state.changed + repaired,
    // By falling weight, as units are numbered: so each lane is dealt as many of the heavy ones.
    leftover: leftover.toSorted((a, b) => a.unit - b.unit),
    ...(building.length === 0 ? {} : { building }),
    ...(builtAt === undefined ? {} : { builtAt }),
    ...(besideTo === undefined ? {} : { besideTo }),
    lanes: nextLanes(state.lanes, mostLanes(request, planOf(state).flavour), results),
    ...(kind === 'copy' ? { copied: total } : isPass ? { passed: total } : { validated: total }),
  };
}

/**
 * Fewer lanes where the target refuses much, more where it takes everything, up to {@link mostLanes}. Halved and raised by
 * one, as TCP does: too many lanes cost refused requests at once, too few only some time. The rate
 * limiter of each process sets the rate; fewer lanes are fewer that wait for it with a transaction of the source open.
 */
function nextLanes(lanes: number, most: number, results: readonly EndedLane[]): number {
  const requests = results.reduce((sum, result) => sum + result.requests, 0);
  const refused = results.reduce((sum, result) => sum + result.throttled, 0);
  if (requests > 0 && refused / requests > TOO_MANY_REFUSED) return Math.max(1, lanes >> 1);
  return Math.min(most, lanes + 1);
}
