import type { OrchestrationContext, Task } from 'durable-functions';
import type { SourceInstant } from '../contract/facts.ts';
import { ACTIVITIES } from '../contract/functionNames.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { MigrateInput } from '../contract/migration.ts';
import type { SourceClock } from '../contract/sourceClock.ts';
import type { CheckMessage, CheckSummary, SeenRows } from '../contract/steps/checkCollections.ts';
import type { FindVanishedMessage, VanishedCount, VanishedFound } from '../contract/steps/findVanished.ts';
import type { ReadSourceClockMessage, SourceMoment } from '../contract/steps/readSourceClock.ts';
import type { RemoveVanishedMessage, VanishedRemoved } from '../contract/steps/removeVanished.ts';
import type { TableFailure } from '../contract/unit.ts';
import { addPass, addSums, NO_SUMS, type WorkSums } from '../contract/workSums.ts';
import type { Problem } from '../errors.ts';
import { deleteRefusal } from '../plan/deleteLimit.ts';
import { replan } from './replan.ts';
import {
  aboutPlan,
  COLLECTIONS_PER_STEP,
  enter,
  failed,
  failedTables,
  NO_CHECKS,
  now,
  planOf,
  positionOf,
  sinceOf,
} from './state.ts';
import { step } from './steps.ts';
import { hasUnits, runWindow } from './window.ts';

/** Changes that a last pass can bring over in a few seconds, and passes after which a busy source is let go. */
const FEW_CHANGES = 5_000;
const MAX_PASSES = 50;
/** Times that the checks are made again after another pass, as rows that came meanwhile may look like differences. */
const MAX_RECHECKS = 3;

/** The source's clock now, and whether its tables are those of the plan. The target has caught up with `state.clock`, which tells how far it is behind. */
export function* takeClock(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  state: MigrateState,
): Generator<Task, { readonly value: SourceMoment } | { readonly problem: Problem }, unknown> {
  const input: ReadSourceClockMessage = {
    ...aboutPlan(id, request, state),
    upTo: state.clock?.at ?? null,
    notBefore: state.clock?.position ?? null,
  };
  return yield* step<SourceMoment>(context, ACTIVITIES.readSourceClock, input, request.stallMinutes);
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
    const moment = yield* takeClock(context, id, request, state);
    if ('problem' in moment) return failed(state, [moment.problem]);
    const { clock, changedTables } = moment.value;
    if (changedTables.length > 0) {
      const again = replan(context, state);
      if (again !== null) return again;
    }
    // Where no transaction has ended since the pass before, nothing was written: only vanished rows are left to look for.
    const isQuiet = clock.next === sinceOf(state) && (state.stale ?? []).length === 0;
    return {
      ...state,
      passClock: clock,
      shapeChanged: changedTables,
      next: isQuiet ? plan.units : 0,
      leftover: [],
      passed: NO_SUMS,
      changedBefore: state.changed,
      changed: 0,
    };
  }
  if (hasUnits(state)) return yield* runWindow(context, id, request, state, 'validate');
  const passes = state.passes + 1;
  const mayBeLast = (changed: number) =>
    changed === 0 || (passes > 1 && state.changedBefore <= FEW_CHANGES) || passes >= MAX_PASSES;
  const looked = yield* lookForVanished(context, id, request, state, state.passClock, mayBeLast(state.changed));
  if ('problem' in looked) return failed(endPass(state, {}), [looked.problem]);
  const { found, failures } = looked;
  const refusal = deleteRefusal(found, state.deleted, request.allowDeletes, request.adoptTarget);
  if (refusal !== null) return failed(endPass(withFailures(state, failures), {}), [refusal]);
  const removed: Record<string, number> = {};
  const refused: TableFailure[] = [];
  for (let from = 0; from < plan.collections && Object.keys(found).length > 0; from += COLLECTIONS_PER_STEP) {
    const input: RemoveVanishedMessage = {
      ...aboutPlan(id, request, state),
      writer: state.writer ?? '',
      step: passes,
      from,
    };
    const result = yield* step<VanishedRemoved>(context, ACTIVITIES.removeVanished, input, request.stallMinutes);
    if ('problem' in result) return failed(endPass(state, removed), [result.problem]);
    for (const [table, count] of Object.entries(result.value.removed)) removed[table] = (removed[table] ?? 0) + count;
    refused.push(...result.value.failures);
  }
  const changed = state.changed + Object.values(removed).reduce((sum, count) => sum + count, 0);
  const ended: MigrateState = {
    ...endPass(withFailures(state, [...failures, ...refused]), removed),
    clock: state.passClock,
    instant: instantOf(state.passClock, state.clock),
    passClock: null,
    passes,
    changed,
    stale: [],
  };
  return mayBeLast(changed) ? yield* check(context, id, request, ended) : ended;
}

/** Documents of vanished rows in all collections, none of which is deleted yet. */
export function* lookForVanished(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  state: MigrateState,
  clock: SourceClock,
  isLast: boolean,
): Generator<
  Task,
  | { readonly found: Readonly<Record<string, VanishedCount>>; readonly failures: readonly TableFailure[] }
  | { readonly problem: Problem },
  unknown
> {
  const plan = planOf(state);
  const found: Record<string, VanishedCount> = {};
  const failures: TableFailure[] = [];
  const differing = Object.entries(addPass(state.validated, state.passed).tables);
  const incomplete = differing.flatMap(([table, counts]) => (counts[2] > 0 ? [table] : []));
  for (let from = 0; from < plan.collections; from += COLLECTIONS_PER_STEP) {
    const input: FindVanishedMessage = {
      ...aboutPlan(id, request, state),
      writer: state.writer,
      notBefore: positionOf(state),
      since: clock.transaction,
      incomplete,
      isLast,
      skip: failedTables(state),
      from,
      to: from + COLLECTIONS_PER_STEP,
    };
    const result = yield* step<VanishedFound>(context, ACTIVITIES.findVanished, input, request.stallMinutes);
    if ('problem' in result) return result;
    for (const [table, count] of Object.entries(result.value.found)) {
      const before = found[table] ?? { documents: 0, vanished: 0 };
      found[table] = {
        documents: before.documents + count.documents,
        vanished: before.vanished + count.vanished,
      };
    }
    failures.push(...result.value.failures);
  }
  return { found, failures };
}

/** Counts of before with those of the pass, and the documents that it deleted. */
function endPass(state: MigrateState, removed: Readonly<Record<string, number>>): MigrateState {
  const { passed } = state;
  const deleted = { ...state.deleted };
  for (const [table, count] of Object.entries(removed)) deleted[table] = (deleted[table] ?? 0) + count;
  return { ...state, validated: addPass(state.validated, passed), passed: NO_SUMS, deleted };
}

/** The state with tables that could not be looked through. */
export function withFailures(state: MigrateState, failures: readonly TableFailure[]): MigrateState {
  const sums: WorkSums = { ...NO_SUMS, failures };
  return failures.length === 0 ? state : { ...state, validated: addSums(state.validated, sums) };
}

/** The instant of a clock, with the transactions that were under way: those that were at the clock before too are no mere moment's. */
export function instantOf(clock: SourceClock, before: SourceClock | null): SourceInstant | null {
  if (clock.at === null) return null;
  return {
    at: clock.at,
    from: clock.isStandby ? 'standby' : 'primary',
    openTransactions: clock.open.filter((id) => before?.open.includes(id) === true),
    preparedTransactions: clock.prepared,
  };
}

/** Counts, indexes and references of whole collections: the last step before the report. */
export function* check(
  context: OrchestrationContext,
  id: string,
  request: MigrateInput['request'],
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const comparedTo = now(context);
  let checks = NO_CHECKS;
  let hasDisplaced = false;
  let rows: Record<string, number> = {};
  const documents: Record<string, number> = {};
  let standing: Record<string, number> = {};
  const stale: string[] = [];
  const plan = planOf(state);
  const since = state.passes > 0 ? sinceOf(state) : null;
  const seen: Record<string, SeenRows> | null =
    request.validate === 'full'
      ? Object.fromEntries(
          Object.entries(state.validated.tables).map(([table, counts]) => [
            table,
            [counts[0], counts[2], state.deleted[table] ?? 0],
          ]),
        )
      : null;
  for (let from = 0; from < plan.collections; from += COLLECTIONS_PER_STEP) {
    const to = from + COLLECTIONS_PER_STEP;
    const { writer } = state;
    const skip = failedTables(state);
    const notBefore = positionOf(state);
    const input: CheckMessage = { ...aboutPlan(id, request, state), writer, notBefore, since, seen, skip, from, to };
    const result = yield* step<CheckSummary>(context, ACTIVITIES.checkCollections, input, request.stallMinutes);
    if ('problem' in result) return failed(state, [result.problem]);
    const { value } = result;
    checks = {
      at: null,
      counts: checks.counts || value.counts,
      indexes: checks.indexes || value.indexes,
      references: checks.references || value.references,
      orphansAsInSource: checks.orphansAsInSource + value.orphansAsInSource,
      unchecked: [...checks.unchecked, ...value.unchecked],
      unlisted: (checks.unlisted ?? 0) + (value.unlisted ?? 0),
      unplaced: { ...checks.unplaced, ...value.unplaced },
    };
    hasDisplaced ||= value.displaced;
    rows = { ...rows, ...value.rows };
    // A table may have documents in several collections.
    for (const [table, count] of Object.entries(value.documents)) documents[table] = (documents[table] ?? 0) + count;
    standing = { ...standing, ...value.standing };
    stale.push(...(value.stale ?? []));
  }
  const isClean = !checks.counts && !checks.references && !hasDisplaced;
  if (!isClean && state.passes > 0 && state.rechecks < MAX_RECHECKS) {
    return { ...state, passClock: null, rechecks: state.rechecks + 1, stale };
  }
  const counted = { checks: { ...checks, at: now(context) }, rows, documents, standing };
  return enter(context, { ...state, ...counted, comparedTo }, 'report');
}
