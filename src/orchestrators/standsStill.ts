import type { WorkItem } from '../contract/lane.ts';
import type { UnitResult } from '../contract/unit.ts';
import type { Problem } from '../errors.ts';

/**
 * Has an attempt that ran out of its time come any further with the item? Rows that were done, ranges, pieces: also one that
 * only made its piece smaller has, as a slow source or target takes some attempts to find a size that ends in time.
 */
export function hasMoved(item: WorkItem, { tables, remaining, cut }: UnitResult): boolean {
  return (
    Object.keys(tables).length > 0 ||
    remaining.length < (item.only?.length ?? Number.POSITIVE_INFINITY) ||
    JSON.stringify(cut) !== JSON.stringify(item.cut)
  );
}

/** What ends a lane whose attempts all run out of their time: none of them lasts long enough to tell what holds it up. */
export function standsStill(stallMinutes: number): Problem {
  return {
    kind: 'target-unreachable',
    message: `Nothing has moved for ${stallMinutes} minutes: each attempt ran out of the time that the host gives an activity, and source or target gave no answer in it`,
    hint: 'Look whether both answer, and which sessions lock a table (pg_locks); a functionTimeout in host.json of twice stall_minutes tells which of them it is. Then start again with --resume: what was copied is kept',
  };
}
