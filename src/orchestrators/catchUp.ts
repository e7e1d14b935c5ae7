import type { OrchestrationContext, Task } from 'durable-functions';
import type { Problem } from '../errors.ts';
import type { SourceClock } from '../source/changes.ts';
import type { CheckInput, CheckSummary } from '../work/checkCollections.ts';
import type { RemoveInput } from '../work/removeVanished.ts';
import type { MigrateInput, MigrateState } from './messages.ts';
import { ACTIVITIES } from './names.ts';
import { COLLECTIONS_PER_STEP, enter, failed, failedTables, planOf, sinceOf } from './state.ts';
import { step } from './steps.ts';
import { hasUnits, runWindow } from './window.ts';

/** Changes that a last pass can bring over in a few seconds, and passes after which a busy source is let go. */
const FEW_CHANGES = 5_000;
const MAX_PASSES = 50;
/** Times that the checks are made again after another pass, as rows that came meanwhile may look like differences. */
const MAX_RECHECKS = 3;

/** The source's clock now. `upTo` is the instant that the target has caught up with, for measuring how far it is behind. */
export function* takeClock(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  upTo: string | null,
): Generator<Task, { readonly value: SourceClock } | { readonly problem: Problem }, unknown> {
  return yield* step<SourceClock>(context, ACTIVITIES.readSourceClock, { id, request, upTo }, request.stallMinutes);
}

/**
 * One pass after the other over what was written since the pass before, until one finds little; then a last one. A pass
 * that finds nothing is the last. The target then equals the source as of the last pass's beginning.
 */
export function* catchUp(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const plan = planOf(state);
  if (state.passClock === null) {
    const clock = yield* takeClock(context, id, request, state.clock?.at ?? null);
    if ('problem' in clock) return failed(state, [clock.problem]);
    // Where no transaction has ended since the pass before, nothing was written: only vanished rows are left to look for.
    const isQuiet = clock.value.next === sinceOf(state);
    const next = isQuiet ? plan.units : 0;
    return { ...state, passClock: clock.value, next, leftover: [], changedBefore: state.changed, changed: 0 };
  }
  if (hasUnits(state)) return yield* runWindow(context, id, request, state, 'validate');
  let { changed } = state;
  const passes = state.passes + 1;
  const mayBeLast = () => changed === 0 || (passes > 1 && state.changedBefore <= FEW_CHANGES) || passes >= MAX_PASSES;
  const isLastUnlessRemoving = mayBeLast();
  const incomplete = Object.entries(state.validated.tables).flatMap(([table, counts]) =>
    counts[2] > 0 ? [table] : [],
  );
  for (let from = 0; from < plan.collections; from += COLLECTIONS_PER_STEP) {
    const to = from + COLLECTIONS_PER_STEP;
    const skip = failedTables(state);
    const input: RemoveInput = {
      id,
      plan: plan.stamp,
      request,
      since: state.passClock.transaction,
      incomplete,
      isLast: isLastUnlessRemoving,
      skip,
      from,
      to,
    };
    const removed = yield* step<{ removed: number }>(context, ACTIVITIES.removeVanished, input, request.stallMinutes);
    if ('problem' in removed) return failed(state, [removed.problem]);
    changed += removed.value.removed;
  }
  const ended = {
    ...state,
    clock: state.passClock,
    passClock: null,
    passes,
    changed,
    consistentAt: state.passClock.at,
  };
  return mayBeLast() ? yield* check(context, id, request, ended) : ended;
}

/** Counts, indexes and references of whole collections: the last step before the report. */
export function* check(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  let checks = { counts: false, indexes: false, references: false };
  let rows: Record<string, number> = {};
  const plan = planOf(state);
  const since = state.passes > 0 ? sinceOf(state) : null;
  for (let from = 0; from < plan.collections; from += COLLECTIONS_PER_STEP) {
    const to = from + COLLECTIONS_PER_STEP;
    const input: CheckInput = { id, plan: plan.stamp, request, since, skip: failedTables(state), from, to };
    const result = yield* step<CheckSummary>(context, ACTIVITIES.checkCollections, input, request.stallMinutes);
    if ('problem' in result) return failed(state, [result.problem]);
    checks = {
      counts: checks.counts || result.value.counts,
      indexes: checks.indexes || result.value.indexes,
      references: checks.references || result.value.references,
    };
    rows = { ...rows, ...result.value.rows };
  }
  const isClean = !checks.counts && !checks.references;
  if (!isClean && state.passes > 0 && state.rechecks < MAX_RECHECKS) {
    return { ...state, passClock: null, rechecks: state.rechecks + 1 };
  }
  return enter(context, { ...state, checks, rows }, 'report');
}
