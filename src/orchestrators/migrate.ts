import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import { MigrateInput, type MigrateOutput, type MigrateStatus } from '../contract/migration.ts';
import { packState } from '../contract/packState.ts';
import { readMessage } from '../contract/readMessage.ts';
import type { PlanLeft, PlanResult } from '../contract/steps/makePlan.ts';
import type { PreflightResult } from '../contract/steps/preflight.ts';
import type { PreparedTarget, PrepareMessage } from '../contract/steps/prepareTarget.ts';
import type { PurgeLanesInput } from '../contract/steps/purgeLanes.ts';
import { NO_SUMS } from '../contract/workSums.ts';
import { deleteRefusal } from '../plan/deleteRefusal.ts';
import { buildStep } from './buildStep.ts';
import { callStep } from './callStep.ts';
import { catchUp, fromClock, instantOf } from './catchUp.ts';
import { check } from './check.ts';
import { endRun } from './endRun.ts';
import { follow, followOn, followStatus, holdCutover, sealCutover } from './follow.ts';
import { type Generation, isFull, PIECES_PER_STEP } from './generation.ts';
import { goOnFrom } from './proven.ts';
import { purgeLanes } from './purgeLanes.ts';
import { hasUnits, mostLanes, runWindow } from './runWindow.ts';
import {
  aboutPlan,
  COLLECTIONS_PER_STEP,
  enter,
  failed,
  type Migration,
  now,
  planOf,
  stateFrom,
  withLastPhase,
} from './state.ts';
import { findAllVanished, withFailures } from './vanished.ts';

/**
 * A whole migration: preflight → plan → prepare → copy → indexes → validate → report. Holds counters only;
 * rows never pass through it. Every way out, failure and cancellation too, goes through the report.
 */
export const migrate: OrchestrationHandler = function* (context): Generator<Task, MigrateOutput | undefined, unknown> {
  const { state: before, ...own } = readMessage(MigrateInput, context.df.getInput());
  let state = stateFrom(context, before);
  const generation: Generation = { ...own, begun: 0 };
  const firstLane = state.lanesBegun ?? 0;
  while (state.phase !== 'report') {
    if (isFull(generation)) {
      yield* purgeLanes(context, lanesFrom(firstLane, own.id, state));
      const input: MigrateInput = { ...own, state: packState(state) };
      context.df.continueAsNew(input);
      return undefined;
    }
    showStatus(context, state);
    generation.begun += PIECES_PER_STEP;
    state = yield* advance(context, generation, state);
  }
  showStatus(context, state);
  const options = { stallMinutes: own.request.stallMinutes, settleMs: 0, finishedAt: null };
  const output = yield* endRun(context, own, withLastPhase(context, state), options);
  yield* purgeLanes(context, lanesFrom(firstLane, own.id, state));
  return output;
};

/** Those of this generation: all of them have ended when it does, and their results are in the state. */
function lanesFrom(from: number, id: string, { startedAt, lanesBegun = 0 }: MigrateState): PurgeLanesInput {
  return { id, startedAt, from, to: lanesBegun };
}

/** Does the next piece of the phase and says what the state is then. */
function* advance(
  context: OrchestrationContext,
  migration: Generation,
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const { id, request } = migration;
  const { stallMinutes } = request;
  switch (state.phase) {
    case 'preflight': {
      const input = { id, run: state.startedAt, request };
      const result = yield* callStep<PreflightResult>(context, ACTIVITIES.preflight, input, 0);
      if ('problem' in result) return failed(state, [result.problem]);
      const { problems, isThroughputRaised, isOurs, isTakingOver } = result.value;
      const looked = { ...state, isThroughputRaised, isOurs, isTakingOver };
      if (problems.length > 0) return failed(looked, problems);
      return enter(context, looked, 'plan');
    }
    case 'plan': {
      // The same for all steps that it takes, by which they know their own.
      const input = { id, request, now: state.phaseStartedAt };
      const result = yield* callStep<PlanResult | PlanLeft>(context, ACTIVITIES.makePlan, input, stallMinutes);
      if ('problem' in result) return failed(state, [result.problem]);
      if ('isLeft' in result.value) return state;
      const plan = result.value;
      const copied = { ...state.copied, failures: plan.unreadable };
      const planned = { ...state, plan: { ...plan, unreadable: [] }, copied, lanes: mostLanes(request, plan.flavour) };
      // Over a target that holds this source already, a dry run says what would become of it.
      const isPreview = request.dryRun && state.isOurs && request.validate === 'full';
      if (request.dryRun && !isPreview) return { ...planned, phase: 'report', endedIn: 'plan' };
      if (request.dryRun || request.validateOnly || state.isTakingOver) return enter(context, planned, 'validate');
      return yield* prepare(context, migration, planned);
    }
    case 'copy':
      if (hasUnits(state)) return yield* runWindow(context, migration, state, 'copy');
      return withBuilding(migration, enter(context, state, 'indexes'));
    case 'indexes': {
      if (state.building !== undefined) return yield* compareMeanwhile(context, migration, state);
      // The clock says that the comparison has begun.
      if (state.clock !== null) return enterHalfway(context, state);
      const about = { ...aboutPlan(migration, state), writer: state.writer };
      const result = yield* buildStep(context, about, state.next, stallMinutes);
      if ('problem' in result) return failed(state, [result.problem]);
      if (result.value.isLeft) return state;
      const next = state.next + COLLECTIONS_PER_STEP;
      if (next < planOf(state).collections) return { ...state, next };
      return enter(context, state, request.validate === 'none' ? 'report' : 'validate');
    }
    case 'validate':
      if (request.validate !== 'full' && !state.isTakingOver) return yield* check(context, migration, state);
      if (state.clock === null) return yield* beginComparison(context, migration, state);
      if (hasUnits(state)) return yield* runWindow(context, migration, state, 'validate');
      if (state.isTakingOver && !request.dryRun && !request.validateOnly)
        return yield* beforeTakingOver(context, migration, state);
      if (request.dryRun) return yield* preview(context, migration, state);
      return request.validateOnly ? yield* check(context, migration, state) : enter(context, state, 'catch-up');
    case 'catch-up': {
      const caught = holdCutover(context, state, yield* catchUp(context, migration, state));
      return followOn(context, migration, yield* sealCutover(context, migration, caught));
    }
    case 'follow':
      return yield* follow(context, migration, state);
    case 'report':
    case 'done':
      return { ...state, phase: 'report' };
  }
}

/** Fewer have their indexes in a second or two: not worth a lane, and who watches sees one phase after the other. */
const MANY_ROWS = 500_000;

/** Takes the clock: what is written from here on is what catching up will look for. Tables that were changed since are planned anew. */
function* beginComparison(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  return yield* fromClock(context, migration, state, ({ clock, changedTables, standstill }) => {
    const comparing = { comparedFrom: now(context), comparedTo: null };
    const isStill = standstill !== undefined && standstill === planOf(state).quietFrom;
    return { ...state, ...comparing, clock, isStill, instant: instantOf(clock, null), shapeChanged: changedTables };
  });
}

/**
 * Where nothing but this run's own work is in the way, indexes are made beside the comparison: the longest builds leave most of a
 * server idle. Builds of DocumentDB wait for whoever reads, and request units are shared.
 */
function withBuilding({ request }: Migration, state: MigrateState): MigrateState {
  const { flavour, collections, totalRows } = planOf(state);
  if (flavour !== 'mongodb' || request.validate !== 'full' || totalRows < MANY_ROWS) return state;
  const steps = Math.ceil(collections / COLLECTIONS_PER_STEP);
  return { ...state, building: Array.from({ length: steps }, (_unused, unit) => ({ unit, only: null })) };
}

/** Indexes are made by one lane of the window, and the others compare. */
function* compareMeanwhile(
  context: OrchestrationContext,
  generation: Generation,
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  if (state.clock === null) return yield* beginComparison(context, generation, state);
  return yield* runWindow(context, generation, state, 'validate');
}

/** Goes on comparing: the time until the last index was made counts as that of the indexes, what was compared meanwhile with it. */
function enterHalfway(context: OrchestrationContext, state: MigrateState): MigrateState {
  const { next, leftover, builtAt } = state;
  const { builtAt: _builtAt, besideTo: _besideTo, ...entered } = enter(context, state, 'validate', builtAt);
  return { ...entered, next, leftover };
}

/**
 * What would be deleted where another source's collections are taken over: counted before they are, and asked for from the
 * first document on. With consent the run begins with a plan of its own.
 */
function* beforeTakingOver(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const { request } = migration;
  const { clock } = state;
  if (clock === null) return failed(state, []);
  const looked = yield* findAllVanished(context, migration, state, clock, 'all');
  if ('problem' in looked) return failed(state, [looked.problem]);
  const unseen = looked.failures[0] ?? state.validated.failures[0];
  if (unseen !== undefined) return failed(state, [unseen.problem]);
  const refusal = deleteRefusal(looked.found, {}, request.allowDeletes, true);
  if (refusal !== null) return failed(state, [refusal]);
  const again = { ...enter(context, state, 'plan'), plan: null, isTakingOver: false, clock: null, instant: null };
  return { ...again, validated: NO_SUMS };
}

/** What a migration would delete, for a dry run: what it would replace, the comparison has counted. */
function* preview(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const { request } = migration;
  if (state.clock === null) return failed(state, []);
  const looked = yield* findAllVanished(context, migration, state, state.clock, 'all');
  if ('problem' in looked) return failed(state, [looked.problem]);
  const vanished = Object.fromEntries(Object.entries(looked.found).map(([table, count]) => [table, count.vanished]));
  const isAdopting = request.adoptTarget || state.isTakingOver;
  const wouldRefuse = deleteRefusal(looked.found, {}, request.allowDeletes, isAdopting);
  return enter(context, { ...withFailures(state, looked.failures), vanished, wouldRefuse }, 'report');
}

/** Before the copy: collections and marker, then throughput where that was asked for. */
function* prepare(
  context: OrchestrationContext,
  migration: Migration,
  planned: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const { request } = migration;
  const input: PrepareMessage = { ...aboutPlan(migration, planned), run: planned.startedAt };
  const claiming = { ...planned, mayHaveClaimed: true };
  const prepared = yield* callStep<PreparedTarget>(context, ACTIVITIES.prepareTarget, input, request.stallMinutes);
  if ('problem' in prepared) return failed(claiming, [prepared.problem]);
  // Restoring is due from the moment that raising may have begun; collections have throughput only once they are there.
  const { wasMarked, writer } = prepared.value;
  const state = {
    ...claiming,
    wasMarked,
    writer,
    isThroughputRaised: planned.isThroughputRaised || request.throughput !== null,
  };
  if (request.throughput !== null) {
    const raising = { ...input, writer };
    const raised = yield* callStep<null>(context, ACTIVITIES.raiseThroughput, raising, request.stallMinutes);
    if ('problem' in raised) return failed(state, [raised.problem]);
  }
  const { proven } = planOf(planned);
  if (proven === undefined) return enter(context, state, request.catchUp ? 'validate' : 'copy');
  if (request.catchUp) return enter(context, goOnFrom(context, state, proven), 'catch-up');
  // Copying over what an earlier run has left equal would compare all of it twice: indexes, and one comparison that mends.
  return enter(context, { ...state, isCopyLeftOut: true }, 'indexes');
}

function showStatus(context: OrchestrationContext, state: MigrateState): void {
  const following = followStatus(context, state);
  const status: MigrateStatus = {
    phase: state.phase,
    startedAt: state.startedAt,
    ...(following === undefined ? {} : { follow: following }),
    ...(state.events === undefined ? {} : { events: state.events }),
  };
  context.df.setCustomStatus(status);
}
