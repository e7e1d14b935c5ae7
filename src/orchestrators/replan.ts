import type { OrchestrationContext } from 'durable-functions';
import type { MigrateState } from '../contract/migrateState.ts';
import { NO_SUMS, type WorkSums } from '../contract/workSums.ts';
import { enter, NO_CHECKS, passesSinceProof } from './state.ts';

/** Times that a plan is made anew in one run, as the source's tables changed under it. */
const MAX_REPLANS = 3;

/**
 * The state from which a run plans again and reads everything once more, as tables of the source are not what was planned
 * for; null where that was done often enough: then nothing is claimed of them.
 */
export function replan(context: OrchestrationContext, state: MigrateState): MigrateState | null {
  if (state.replans >= MAX_REPLANS) return null;
  const { following } = state;
  const { building: _building, builtAt: _builtAt, besideTo: _besideTo, ...entered } = enter(context, state, 'plan');
  return {
    ...entered,
    plan: null,
    replans: state.replans + 1,
    shapeChanged: [],
    copied: loadOf(state.copied),
    validated: loadOf(state.validated),
    passed: NO_SUMS,
    checks: NO_CHECKS,
    rows: {},
    documents: {},
    standing: {},
    counted: {},
    goneAtFirst: {},
    isUnsearched: false,
    stale: [],
    clock: null,
    isStill: false,
    passClock: null,
    instant: null,
    passes: 0,
    changed: 0,
    changedBefore: 0,
    rechecks: 0,
    ...(following === undefined
      ? {}
      : {
          following: { ...following, passesBefore: 0, passesCounted: passesSinceProof(state), looked: false },
        }),
  };
}

/** What the target was asked for stays counted; rows are counted afresh, as they are read afresh. */
function loadOf(sums: WorkSums): WorkSums {
  const { bytes, throttled, requests, requestUnits } = sums;
  return { ...NO_SUMS, bytes, throttled, requests, requestUnits };
}
