import type { OrchestrationContext, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { CheckMessage, CheckSummary, SeenRows, SurplusCollection } from '../contract/steps/checkCollections.ts';
import { countsOf } from '../contract/tableCounts.ts';
import { callStep } from './callStep.ts';
import { nameAllExtras } from './nameAllExtras.ts';
import {
  aboutPlan,
  COLLECTIONS_PER_STEP,
  enter,
  failed,
  failedTables,
  type Migration,
  NO_CHECKS,
  now,
  planOf,
  positionOf,
  sinceOf,
} from './state.ts';

/** Times that the checks are made again after another pass, as rows that came meanwhile may look like differences. */
const MAX_RECHECKS = 3;

/** Counts, indexes and references of whole collections: the last step before the report. */
export function* check(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
): Generator<Task, MigrateState, unknown> {
  const { request } = migration;
  const comparedTo = now(context);
  let checks = NO_CHECKS;
  let hasDisplaced = false;
  let rows: Record<string, number> = {};
  const documents: Record<string, number> = {};
  let standing: Record<string, number> = {};
  let counted: Record<string, number> = {};
  const stale: string[] = [];
  const surplus: SurplusCollection[] = [];
  const plan = planOf(state);
  const since = state.passes > 0 ? sinceOf(state) : null;
  const known = haveReferencesHeld(state) ? { referencesHold: true } : {};
  const seen: Record<string, SeenRows> | null =
    request.validate === 'full'
      ? Object.fromEntries(
          Object.entries(state.validated.tables).map(([table, stored]) => {
            const { migrated: equal, errors: different } = countsOf(stored);
            return [table, [equal, different, state.deleted[table] ?? 0]];
          }),
        )
      : null;
  for (let from = 0, to: number; from < plan.collections; from = to) {
    to = from + COLLECTIONS_PER_STEP;
    const { writer } = state;
    const skip = failedTables(state);
    const notBefore = positionOf(state);
    const about = { ...aboutPlan(migration, state), writer, notBefore, since, seen, ...known };
    const input: CheckMessage = { ...about, skip, from, to };
    const result = yield* callStep<CheckSummary>(context, ACTIVITIES.checkCollections, input, request.stallMinutes);
    if ('problem' in result) return failed(state, [result.problem]);
    const { value } = result;
    to = value.next ?? to;
    checks = {
      at: null,
      counts: checks.counts || value.counts,
      indexes: checks.indexes || value.indexes,
      references: checks.references || value.references,
      orphansAsInSource: checks.orphansAsInSource + value.orphansAsInSource,
      referencesHold: (from === 0 || checks.referencesHold === true) && value.referencesHold === true,
      unchecked: [...checks.unchecked, ...value.unchecked],
      unlisted: (checks.unlisted ?? 0) + (value.unlisted ?? 0),
      unplaced: { ...checks.unplaced, ...value.unplaced },
    };
    hasDisplaced ||= value.displaced;
    rows = { ...rows, ...value.rows };
    // A table may have documents in several collections.
    for (const [table, count] of Object.entries(value.documents)) documents[table] = (documents[table] ?? 0) + count;
    standing = { ...standing, ...value.standing };
    counted = { ...counted, ...value.counted };
    stale.push(...(value.stale ?? []));
    surplus.push(...(value.surplus ?? []));
  }
  const isClean = !checks.counts && surplus.length === 0 && !checks.references && !hasDisplaced;
  if (!isClean && state.passes > 0 && state.rechecks < MAX_RECHECKS) {
    return { ...state, passClock: null, rechecks: state.rechecks + 1, stale };
  }
  // Only now: what another pass deletes would stay named.
  const named = yield* nameAllExtras(context, migration, state, surplus);
  if ('problem' in named) return failed(state, [named.problem]);
  checks = {
    ...checks,
    counts: checks.counts || named.found > 0,
    unlisted: (checks.unlisted ?? 0) + named.unlisted,
  };
  const made = { checks: { ...checks, displaced: hasDisplaced, at: now(context) }, rows, documents, standing, counted };
  return enter(context, { ...state, ...made, comparedTo }, 'report');
}

/** Did each reference lead somewhere when an earlier run proved the target, before whose clock everything was written that there is now? */
function haveReferencesHeld(state: MigrateState): boolean {
  const { proven } = planOf(state);
  return proven?.referencesHold === true && state.clock?.next === proven.clock.transaction;
}
