import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import type { Problem } from '../errors.ts';
import type { Phase } from '../report/status.ts';
import type { SourceClock } from '../source/changes.ts';
import type { CheckInput, CheckSummary } from '../work/checkCollections.ts';
import type { PlanResult } from '../work/makePlan.ts';
import type { PreflightResult } from '../work/preflight.ts';
import type { RemoveInput } from '../work/removeVanished.ts';
import {
  addSums,
  type LaneInput,
  type LaneResult,
  type MigrateInput,
  type MigrateOutput,
  type MigrateState,
  type MigrateStatus,
  NO_SUMS,
  type UnitKind,
  type WorkItem,
  type WorkSums,
} from './messages.ts';
import { ACTIVITIES, ORCHESTRATORS } from './names.ts';
import { step } from './steps.ts';

/** Units that a lane does in one window: its history stays below a hundred activities. */
const UNITS_PER_LANE = 20;
/** Windows after which the orchestration starts over with an empty history. */
const WINDOWS_PER_GENERATION = 20;
const COLLECTIONS_PER_STEP = 100;
const DEFAULT_LANES = 3;
const DEFAULT_LANES_RU = 2;
/** Changes that a last pass can bring over in a few seconds, and passes after which a busy source is let go. */
const FEW_CHANGES = 5_000;
const MAX_PASSES = 50;
/** Share of refused requests above which the next window has fewer lanes. */
const TOO_MANY_REFUSED = 0.05;

/**
 * A whole migration: preflight → plan → prepare → copy → indexes → validate → report (design §4). Holds counters only;
 * rows never pass through it. Every way out, failure and cancellation too, goes through the report.
 */
export const migrate: OrchestrationHandler = function* (context): Generator<Task, MigrateOutput | undefined, unknown> {
  const { id, request, state: before } = context.df.getInput() as MigrateInput;
  let state = before ?? newState(context);
  for (let windows = 0; state.phase !== 'report'; windows++) {
    if (windows >= WINDOWS_PER_GENERATION) {
      const input: MigrateInput = { id, request, state };
      context.df.continueAsNew(input);
      return undefined;
    }
    showStatus(context, state);
    state = yield* advance(context, id, request, state);
  }
  showStatus(context, state);
  if (state.isThroughputRaised) {
    const restored = yield* step<null>(context, ACTIVITIES.restoreThroughput, { id, request }, request.stallMinutes);
    if ('problem' in restored) state = { ...state, problems: [...state.problems, restored.problem] };
  }
  const input = { id, request, state, finishedAt: now(context) };
  const report = yield* step<MigrateOutput>(context, ACTIVITIES.writeReport, input, request.stallMinutes);
  if ('value' in report) return report.value;
  // Without storage there is no report, but the outcome is told all the same.
  return {
    status: 'failed',
    startedAt: state.startedAt,
    finishedAt: now(context),
    source: null,
    target: null,
    tables: {},
    throttled: state.copied.throttled,
    requestUnits: null,
    problems: [...state.problems, report.problem],
  };
};

/** Does the next piece of the phase and says what the state is then. */
function* advance(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const { stallMinutes } = request;
  switch (state.phase) {
    case 'preflight': {
      const result = yield* step<PreflightResult>(context, ACTIVITIES.preflight, { id, request }, 0);
      if ('problem' in result) return failed(state, [result.problem]);
      if (result.value.problems.length > 0) return failed(state, result.value.problems);
      return enter(context, state, 'plan');
    }
    case 'plan': {
      const result = yield* step<PlanResult>(
        context,
        ACTIVITIES.makePlan,
        { id, request, now: now(context) },
        stallMinutes,
      );
      if ('problem' in result) return failed(state, [result.problem]);
      const plan = result.value;
      const most = request.parallel ?? (plan.flavour === 'cosmos-ru' ? DEFAULT_LANES_RU : DEFAULT_LANES);
      const planned = { ...state, plan, lanes: most };
      if (request.dryRun) return { ...planned, phase: 'report' };
      if (request.validateOnly) return enter(context, planned, 'validate');
      return yield* prepare(context, id, request, planned);
    }
    case 'copy':
      return yield* runWindow(context, id, request, state, 'copy', 'indexes');
    case 'indexes': {
      const range = { from: state.next, to: state.next + COLLECTIONS_PER_STEP };
      const input = { id, plan: planOf(state).stamp, request, ...range };
      const result = yield* step<null>(context, ACTIVITIES.buildIndexes, input, stallMinutes);
      if ('problem' in result) return failed(state, [result.problem]);
      if (range.to < planOf(state).collections) return { ...state, next: range.to };
      return enter(context, state, request.validate === 'none' ? 'report' : 'validate');
    }
    case 'validate':
      if (request.validate !== 'full') return yield* check(context, id, request, state);
      // What is written from here on is what catching up will look for.
      if (state.clock === null) {
        const clock = yield* takeClock(context, id, request);
        return 'problem' in clock ? failed(state, [clock.problem]) : { ...state, clock: clock.value };
      }
      return yield* runWindow(context, id, request, state, 'validate', request.validateOnly ? 'report' : 'catch-up');
    case 'catch-up':
      return yield* catchUp(context, id, request, state);
    case 'report':
    case 'done':
      return { ...state, phase: 'report' };
  }
}

/** One window: `lanes` lanes at once, each with its share of the next units. */
function* runWindow(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  state: MigrateState,
  kind: UnitKind,
  following: Phase,
): Generator<Task, MigrateState, unknown> {
  const plan = planOf(state);
  const size = state.lanes * UNITS_PER_LANE;
  const items: WorkItem[] = state.leftover.slice(0, size);
  const leftover = state.leftover.slice(size);
  let next = state.next;
  while (items.length < size && next < plan.units) items.push({ unit: next++, only: null });
  const sums = kind === 'copy' ? state.copied : state.validated;
  const skip = state.copied.failures.map(({ table }) => table);
  const lanes = Array.from({ length: Math.min(state.lanes, items.length) }, (_unused, lane): LaneInput => {
    const share = items.filter((_item, index) => index % state.lanes === lane);
    return {
      id,
      plan: plan.stamp,
      request,
      kind,
      items: share,
      skip,
      since: state.phase === 'catch-up' ? sinceOf(state) : null,
    };
  });
  let results: LaneResult[];
  try {
    const tasks = lanes.map((lane) => context.df.callSubOrchestrator(ORCHESTRATORS.runLane, lane));
    results = tasks.length === 0 ? [] : ((yield context.df.Task.all(tasks)) as LaneResult[]);
  } catch {
    const problem: Problem = {
      kind: 'internal',
      message: 'A lane of the migration ended without an answer',
      hint: 'Look at the host’s log; start again with --resume',
    };
    return failed(state, [problem]);
  }
  const total = results.reduce(addSums, sums);
  const rest = [...results.flatMap(({ remaining }) => remaining), ...leftover];
  const repaired = results.flatMap(({ tables }) => Object.values(tables)).reduce((sum, counts) => sum + counts[3], 0);
  const moved: MigrateState = {
    ...state,
    next,
    changed: state.changed + repaired,
    leftover: rest,
    lanes: nextLanes(state.lanes, request.parallel ?? state.lanes, results),
    ...(kind === 'copy'
      ? { copied: total }
      : { validated: state.phase === 'catch-up' ? withoutRows(total, sums) : total }),
  };
  if (results.some(({ stop }) => stop === 'cancel')) return { ...moved, isCancelled: true, phase: 'report' };
  const problems = results.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  if (problems.length > 0) return failed(moved, problems.slice(0, 1));
  if (next < plan.units || rest.length > 0) return moved;
  if (state.phase === 'catch-up') return moved;
  if (following === 'report') return yield* check(context, id, request, moved);
  return enter(context, moved, following);
}

/** Sums of a catch-up pass: its rows were counted before, its repairs, failures and load come on top. */
function withoutRows(total: WorkSums, before: WorkSums): WorkSums {
  const tables = Object.fromEntries(
    Object.entries(total.tables).map(([table, counts]) => {
      const known = before.tables[table] ?? [0, 0, 0, 0];
      return [table, [known[0], known[1], known[2], counts[3]] as const];
    }),
  );
  return { ...total, tables };
}

/** Before the copy: collections and marker, then throughput where that was asked for. */
function* prepare(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  planned: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const input = { id, plan: planOf(planned).stamp, request };
  const prepared = yield* step<{ wasMarked: boolean }>(context, ACTIVITIES.prepareTarget, input, request.stallMinutes);
  if ('problem' in prepared) return failed(planned, [prepared.problem]);
  // Restoring is due from the moment that raising may have begun; collections have throughput only once they are there.
  const { wasMarked } = prepared.value;
  const state = { ...planned, wasMarked, isThroughputRaised: request.throughput !== null };
  if (request.throughput !== null) {
    const raised = yield* step<null>(context, ACTIVITIES.raiseThroughput, input, request.stallMinutes);
    if ('problem' in raised) return failed(state, [raised.problem]);
  }
  return enter(context, state, request.catchUp ? 'validate' : 'copy');
}

/** The source's clock now. */
function* takeClock(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
): Generator<Task, { readonly value: SourceClock } | { readonly problem: Problem }, unknown> {
  return yield* step<SourceClock>(context, ACTIVITIES.readSourceClock, { id, request }, request.stallMinutes);
}

/**
 * One pass after the other over what was written since the pass before, until one finds little; then a last one. A pass
 * that finds nothing is the last. The target then equals the source as of the last pass's beginning.
 */
function* catchUp(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const plan = planOf(state);
  if (state.passClock === null) {
    const clock = yield* takeClock(context, id, request);
    if ('problem' in clock) return failed(state, [clock.problem]);
    return { ...state, passClock: clock.value, next: 0, leftover: [], changedBefore: state.changed, changed: 0 };
  }
  if (state.next < plan.units || state.leftover.length > 0) {
    return yield* runWindow(context, id, request, state, 'validate', 'report');
  }
  let { changed } = state;
  for (let from = 0; from < plan.collections; from += COLLECTIONS_PER_STEP) {
    const to = from + COLLECTIONS_PER_STEP;
    const input: RemoveInput = { id, plan: plan.stamp, request, since: sinceOf(state), from, to };
    const removed = yield* step<{ removed: number }>(context, ACTIVITIES.removeVanished, input, request.stallMinutes);
    if ('problem' in removed) return failed(state, [removed.problem]);
    changed += removed.value.removed;
  }
  const passes = state.passes + 1;
  const ended = {
    ...state,
    clock: state.passClock,
    passClock: null,
    passes,
    changed,
    consistentAt: state.passClock.at,
  };
  const isLast = changed === 0 || (passes > 1 && state.changedBefore <= FEW_CHANGES) || passes >= MAX_PASSES;
  return isLast ? yield* check(context, id, request, ended) : ended;
}

/** Transaction from which the pass under way looks for changes. */
function sinceOf(state: MigrateState): string {
  return state.clock?.transaction ?? '0';
}

/** Fewer lanes where the target refuses much, more where it takes everything, within what was asked for. */
function nextLanes(lanes: number, most: number, results: readonly LaneResult[]): number {
  const requests = results.reduce((sum, result) => sum + result.requests, 0);
  const refused = results.reduce((sum, result) => sum + result.throttled, 0);
  if (requests > 0 && refused / requests > TOO_MANY_REFUSED) return Math.max(1, lanes >> 1);
  return Math.min(most, lanes + 1);
}

function* check(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  let checks = { counts: false, indexes: false, references: false };
  let rows: Record<string, number> = {};
  const plan = planOf(state);
  for (let from = 0; from < plan.collections; from += COLLECTIONS_PER_STEP) {
    const input: CheckInput = { id, plan: plan.stamp, request, from, to: from + COLLECTIONS_PER_STEP };
    const result = yield* step<CheckSummary>(context, ACTIVITIES.checkCollections, input, request.stallMinutes);
    if ('problem' in result) return failed(state, [result.problem]);
    checks = {
      counts: checks.counts || result.value.counts,
      indexes: checks.indexes || result.value.indexes,
      references: checks.references || result.value.references,
    };
    rows = { ...rows, ...result.value.rows };
  }
  // Rows that came while the checks ran may look like differences: another pass brings them, and the checks are made again.
  const isClean = !checks.counts && !checks.references;
  if (!isClean && state.changed > 0 && state.passes > 0 && state.passes < MAX_PASSES)
    return { ...state, passClock: null };
  return enter(context, { ...state, checks, rows }, 'report');
}

function newState(context: OrchestrationContext): MigrateState {
  return {
    phase: 'preflight',
    startedAt: now(context),
    phaseStartedAt: now(context),
    plan: null,
    next: 0,
    leftover: [],
    lanes: 1,
    copied: NO_SUMS,
    validated: NO_SUMS,
    checks: { counts: false, indexes: false, references: false },
    rows: {},
    clock: null,
    consistentAt: null,
    passClock: null,
    passes: 0,
    changed: 0,
    changedBefore: 0,
    wasMarked: false,
    isThroughputRaised: false,
    seconds: { copy: 0, indexes: 0, validate: 0 },
    problems: [],
    isCancelled: false,
  };
}

/** Ends the phase and books its time. */
function enter(context: OrchestrationContext, state: MigrateState, phase: Phase): MigrateState {
  const seconds = (context.df.currentUtcDateTime.getTime() - millisecondsOf(context, state.phaseStartedAt)) / 1000;
  // Catching up is part of proving that everything arrived.
  const timed = state.phase === 'catch-up' ? 'validate' : state.phase;
  const isTimed = timed === 'copy' || timed === 'indexes' || timed === 'validate';
  return {
    ...state,
    phase,
    phaseStartedAt: now(context),
    next: 0,
    leftover: [],
    seconds: isTimed ? { ...state.seconds, [timed]: state.seconds[timed] + seconds } : state.seconds,
  };
}

function failed(state: MigrateState, problems: readonly Problem[]): MigrateState {
  // An activity that finds the migration cancelled says so as a problem of this kind.
  const isCancelled = state.isCancelled || problems.some(({ kind }) => kind === 'interrupted');
  return { ...state, phase: 'report', isCancelled, problems: [...state.problems, ...problems] };
}

function planOf(state: MigrateState): PlanResult {
  if (state.plan === null) throw new Error(`Phase ${state.phase} has no plan`);
  return state.plan;
}

function now(context: OrchestrationContext): string {
  return context.df.currentUtcDateTime.toISOString();
}

/** Time of an ISO text, by the context's own clock class: `Date` itself is kept out of orchestrators. */
function millisecondsOf(context: OrchestrationContext, iso: string): number {
  return (context.df.currentUtcDateTime.constructor as DateConstructor).parse(iso);
}

function showStatus(context: OrchestrationContext, state: MigrateState): void {
  const status: MigrateStatus = { phase: state.phase, startedAt: state.startedAt };
  context.df.setCustomStatus(status);
}
