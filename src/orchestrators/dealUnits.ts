import type { LaneInput, LaneKind, UnitKind, WorkItem } from '../contract/lane.ts';
import { laneIdOf } from '../contract/laneIdOf.ts';
import { MESSAGE_VERSION } from '../contract/messageVersion.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { ChecksumsOf } from '../contract/unit.ts';
import type { NewLane } from './laneTasks.ts';
import {
  aboutPlan,
  checksumsBy,
  failedTables,
  goesByPasses,
  type Migration,
  planOf,
  positionOf,
  sinceOf,
} from './state.ts';
import { timesUnanswered } from './unanswered.ts';

/** Most units of a lane in one window: its history stays below a hundred activities, and its input about a kilobyte. */
const UNITS_PER_LANE = 40;

/** For how many lanes, at most, units are dealt, and when these are to end (milliseconds since 1970). */
interface Window {
  readonly lanes: number;
  readonly until: number;
}

/** The lanes of the next window with what each is told, and the state without what they do: units, and indexes that are left to make. */
export function dealUnits(
  migration: Migration,
  state: MigrateState,
  kind: UnitKind,
  { lanes, until }: Window,
): { readonly begun: readonly NewLane[]; readonly rest: MigrateState } {
  const { items, rest } = takeUnits(state, lanes);
  const width = Math.min(lanes, items.length);
  const { building = [], ...others } = rest;
  const first = state.lanesBegun ?? 0;
  // Dealt one by one: units come by falling weight, so that each lane gets as many of the heavy ones.
  const shares = Array.from({ length: width }, (_unused, lane) =>
    items.filter((_item, index) => index % width === lane),
  );
  const asked = [
    ...shares.map((share) => ({ kind, items: share })),
    ...(building.length === 0 ? [] : [{ kind: 'indexes' as const, items: building }]),
  ];
  const begun = asked.map((lane, index): NewLane => {
    const input: LaneInput = {
      version: MESSAGE_VERSION,
      ...aboutPlan(migration, state),
      stallMinutes: migration.request.stallMinutes,
      writer: state.writer,
      notBefore: positionOf(state),
      ...lane,
      until,
      skip: failedTables(state),
      // The copy and the comparison after it go over all rows.
      since: goesByPasses(state) ? sinceOf(state) : null,
      pass: state.passes,
      whole: state.stale ?? [],
      ...checksumsFor(migration, state, lane.kind),
    };
    return { id: laneIdOf({ id: migration.id, startedAt: state.startedAt }, first + index), input };
  });
  return { begun, rest: { ...others, lanesBegun: first + begun.length } };
}

/**
 * Checksums that a copy makes, and those that a comparison of all rows may go by, as nothing was written since: this run's own, or, of
 * a run that copies nothing, those with which its target was proven. Whoever asks for a comparison alone wants the rows read.
 */
function checksumsFor(
  { request }: Migration,
  state: MigrateState,
  kind: LaneKind,
): { readonly checksums?: ChecksumsOf } {
  const plan = planOf(state);
  const [planStamp, moment] = [checksumsBy(plan), plan.quietFrom];
  if (request.validate !== 'full' || request.validateOnly || request.dryRun) return {};
  if (planStamp === undefined || moment === undefined) return {};
  const isWanted = kind === 'copy' || (kind === 'validate' && !goesByPasses(state) && state.isStill === true);
  return isWanted ? { checksums: { planStamp, moment } } : {};
}

/**
 * The units that are next, what was left over first. Units whose attempts gave no answer come before all others and alone, as one
 * of them may take its process along: at first one for each lane, then a single one.
 */
function takeUnits(
  state: MigrateState,
  lanes: number,
): { readonly items: readonly WorkItem[]; readonly rest: MigrateState } {
  const { leftover, next } = state;
  const lost = leftover.filter((item) => timesUnanswered(item) > 0);
  if (lost.length > 0) {
    // Those lost once are tried beside each other. What is lost again is tried alone, so that no other unit is blamed for it.
    const once = lost.filter((item) => timesUnanswered(item) === 1);
    const items = once.length > 0 ? once.slice(0, lanes) : lost.slice(0, 1);
    return { items, rest: { ...state, leftover: leftover.filter((item) => !items.includes(item)) } };
  }
  const size = lanes * UNITS_PER_LANE;
  const again = leftover.slice(0, size);
  const after = Math.min(planOf(state).units, next + size - again.length);
  const fresh = Array.from({ length: after - next }, (_unused, index) => ({ unit: next + index, only: null }));
  return { items: [...again, ...fresh], rest: { ...state, leftover: leftover.slice(size), next: after } };
}
