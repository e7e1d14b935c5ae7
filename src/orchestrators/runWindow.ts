import type { OrchestrationContext, Task } from 'durable-functions';
import { type Flavour, isCharged } from '../contract/flavour.ts';
import { ORCHESTRATORS } from '../contract/functionNames.ts';
import type { LaneInput, LaneResult, UnitKind, WorkItem } from '../contract/lane.ts';
import { isNewer, MESSAGE_VERSION } from '../contract/messageVersion.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import { sumOf } from '../contract/tableCounts.ts';
import { addSums, NO_SUMS } from '../contract/workSums.ts';
import type { Problem } from '../errors.ts';
import { heedWord } from './heedWord.ts';
import { lose, lossOf, MAX_LOSSES, timesLost } from './loss.ts';
import { settleAll } from './settleAll.ts';
import { aboutPlan, failed, failedTables, type Migration, planOf, positionOf, sinceOf } from './state.ts';
import { wait } from './wait.ts';

/** Units that a lane does in one window: its history stays below a hundred activities. */
const UNITS_PER_LANE = 20;
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
 * One window: `lanes` lanes at once, each with its share of the next units, and all of them waited for.
 *
 * Work goes by windows because a migration has to stop now and then: only between two windows can it change the number of
 * lanes, heed the operator's word, end for a problem, or start over with an empty history. Lanes are orchestrations of
 * their own so that the many steps of their units stand in their histories: here each lane is a few rows, however much it does.
 * The price is that a window ends with its slowest lane, while the others idle; so a lane's share is bounded, and the largest
 * units were put first when the plan was made.
 */
export function* runWindow(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
  kind: UnitKind,
): Generator<Task, MigrateState, unknown> {
  const { id, request } = migration;
  const plan = planOf(state);
  const { items, leftover, next, width } = nextItems(state, plan.units);
  const isPass = state.phase === 'catch-up';
  const sums = kind === 'copy' ? state.copied : isPass ? state.passed : state.validated;
  const skip = failedTables(state);
  const lanes = Array.from({ length: Math.min(width, items.length) }, (_unused, lane): LaneInput => {
    // Dealt one by one: units come by falling weight, so that each lane gets as many of the heavy ones.
    const share = items.filter((_item, index) => index % width === lane);
    return {
      version: MESSAGE_VERSION,
      ...aboutPlan(migration, state),
      stallMinutes: request.stallMinutes,
      writer: state.writer,
      notBefore: positionOf(state),
      kind,
      items: share,
      skip,
      // The copy and the comparison after it go over all rows.
      since: isPass ? sinceOf(state) : null,
      whole: state.stale ?? [],
    };
  });
  const results = yield* runLanes(context, lanes);
  const total = results.reduce(addSums, sums);
  const rest = [...results.flatMap(({ remaining }) => remaining), ...leftover];
  // What a comparison had to write is what the source has changed: it decides whether another pass is worth it.
  const repaired = results.reduce((sum, { tables }) => sum + sumOf(tables, 'repaired'), 0);
  const moved: MigrateState = {
    ...state,
    next,
    changed: state.changed + repaired,
    leftover: rest,
    lanes: nextLanes(state.lanes, mostLanes(request, plan.flavour), results),
    ...(kind === 'copy' ? { copied: total } : isPass ? { passed: total } : { validated: total }),
  };
  // Nothing cancels a cancellation, so it goes before a suspension that another lane has met.
  if (results.some(({ stop }) => stop === 'cancel')) {
    return { ...moved, isCancelled: true, phase: 'report', endedIn: state.phase };
  }
  if (results.some(({ stop }) => stop === 'suspend')) yield* heedWord(context, id);
  // A worker that died is not back at once.
  else if (rest.some(({ lost }) => lost !== undefined)) yield* wait(context, LOST_WAIT_MS);
  const problems = results.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  // Not even its tables could be booked as failed: no step comes through any more.
  if (rest.some((item) => timesLost(item) > MAX_LOSSES)) problems.push(NO_ANSWERS);
  // Lanes that fail for the same reason say the same: one of them is enough.
  if (problems.length > 0) return failed(moved, problems.slice(0, 1));
  return moved;
}

/**
 * What the next window does, and in how many lanes. Units whose attempts gave no answer come first and with fewer others, as
 * one of them may take its process along: a unit a lane, then one alone.
 */
function nextItems(
  { leftover, next, lanes }: MigrateState,
  units: number,
): {
  readonly items: WorkItem[];
  readonly leftover: readonly WorkItem[];
  readonly next: number;
  readonly width: number;
} {
  const lost = leftover.filter((item) => timesLost(item) > 0);
  if (lost.length > 0) {
    // Those lost once are tried beside each other. What is lost again is tried alone, so that no other unit is blamed for it.
    const once = lost.filter((item) => timesLost(item) === 1);
    const items = once.length > 0 ? once.slice(0, lanes) : lost.slice(0, 1);
    return { items, leftover: leftover.filter((item) => !items.includes(item)), next, width: items.length };
  }
  const size = lanes * UNITS_PER_LANE;
  const items = leftover.slice(0, size);
  let after = next;
  while (items.length < size && after < units) items.push({ unit: after++, only: null });
  return { items, leftover: leftover.slice(size), next: after, width: lanes };
}

/**
 * Runs lanes at once and waits for each. One that ends without an answer gives all of its units back, to be done again: what
 * they wrote stands there already then.
 */
function* runLanes(context: OrchestrationContext, lanes: readonly LaneInput[]): Generator<Task, LaneResult[], unknown> {
  const version = String(MESSAGE_VERSION);
  const tasks = lanes.map((lane) => context.df.callSubOrchestrator(ORCHESTRATORS.runLane, lane, undefined, version));
  const settled = yield* settleAll(context, tasks);
  return settled.map((outcome, index): LaneResult => {
    if ('value' in outcome && !isNewer(outcome.value)) return outcome.value as LaneResult;
    // A lane of a newer release means something else by its answer: it counts as none. Which it was is told by the log lines of
    // the attempts that follow.
    const how = 'error' in outcome ? lossOf(outcome.error) : 'diverged';
    const { items } = lanes[index] as LaneInput;
    return { ...NO_SUMS, remaining: items.map((item) => lose(item, how)), stop: null, problem: null };
  });
}

/**
 * Fewer lanes where the target refuses much, more where it takes everything, up to {@link mostLanes}. Halved and raised by
 * one, as TCP does: too many lanes cost refused requests at once, too few only some time. The rate
 * limiter of each process sets the rate; fewer lanes are fewer that wait for it with a transaction of the source open.
 */
function nextLanes(lanes: number, most: number, results: readonly LaneResult[]): number {
  const requests = results.reduce((sum, result) => sum + result.requests, 0);
  const refused = results.reduce((sum, result) => sum + result.throttled, 0);
  if (requests > 0 && refused / requests > TOO_MANY_REFUSED) return Math.max(1, lanes >> 1);
  return Math.min(most, lanes + 1);
}
