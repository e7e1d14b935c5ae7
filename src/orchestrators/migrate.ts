import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import type { PlanResult } from '../work/makePlan.ts';
import type { PreflightResult } from '../work/preflight.ts';
import { catchUp, check, takeClock } from './catchUp.ts';
import type { MigrateInput, MigrateOutput, MigrateState, MigrateStatus } from './messages.ts';
import { ACTIVITIES } from './names.ts';
import { COLLECTIONS_PER_STEP, enter, failed, newState, now, planOf } from './state.ts';
import { step } from './steps.ts';
import { hasUnits, runWindow } from './window.ts';

/** Lanes begun after which the orchestration starts over with an empty history: wide windows fill it sooner. */
const LANES_PER_GENERATION = 60;
const DEFAULT_LANES = 3;
const DEFAULT_LANES_RU = 2;

/**
 * A whole migration: preflight → plan → prepare → copy → indexes → validate → report (design §4). Holds counters only;
 * rows never pass through it. Every way out, failure and cancellation too, goes through the report.
 */
export const migrate: OrchestrationHandler = function* (context): Generator<Task, MigrateOutput | undefined, unknown> {
  const { id, request, state: before } = context.df.getInput() as MigrateInput;
  let state = before ?? newState(context);
  for (let lanes = 0; state.phase !== 'report'; ) {
    if (lanes >= LANES_PER_GENERATION) {
      const input: MigrateInput = { id, request, state };
      context.df.continueAsNew(input);
      return undefined;
    }
    showStatus(context, state);
    lanes += state.lanes;
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
      const { problems, isThroughputRaised } = result.value;
      const looked = { ...state, isThroughputRaised };
      if (problems.length > 0) return failed(looked, problems);
      return enter(context, looked, 'plan');
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
      return hasUnits(state) ? yield* runWindow(context, id, request, state, 'copy') : enter(context, state, 'indexes');
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
        const clock = yield* takeClock(context, id, request, null);
        return 'problem' in clock ? failed(state, [clock.problem]) : { ...state, clock: clock.value };
      }
      if (hasUnits(state)) return yield* runWindow(context, id, request, state, 'validate');
      return request.validateOnly ? yield* check(context, id, request, state) : enter(context, state, 'catch-up');
    case 'catch-up':
      return yield* catchUp(context, id, request, state);
    case 'report':
    case 'done':
      return { ...state, phase: 'report' };
  }
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
  const state = {
    ...planned,
    wasMarked,
    isThroughputRaised: planned.isThroughputRaised || request.throughput !== null,
  };
  if (request.throughput !== null) {
    const raised = yield* step<null>(context, ACTIVITIES.raiseThroughput, input, request.stallMinutes);
    if ('problem' in raised) return failed(state, [raised.problem]);
  }
  return enter(context, state, request.catchUp ? 'validate' : 'copy');
}

function showStatus(context: OrchestrationContext, state: MigrateState): void {
  const status: MigrateStatus = { phase: state.phase, startedAt: state.startedAt };
  context.df.setCustomStatus(status);
}
