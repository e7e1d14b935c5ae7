import type { RangeLimits } from './cutRanges.ts';

/** One activity's work on a target that takes what it is given: half a second, so that lanes end together and little is done again after a kill. */
const RANGE_LIMITS: RangeLimits = { maxRows: 40_000, maxBytes: 32 * 1024 * 1024 };
/** On request units a range should take about a minute, as an activity's time is limited. */
const RANGE_SECONDS_RU = 60;
const UNITS_PER_DOCUMENT = 7;

/** How much a range may hold: on request units what takes about a minute at so many RU/s; null for a target that has none. */
export function rangeLimits(requestUnitsPerSecond: number | null): RangeLimits {
  if (requestUnitsPerSecond === null) return RANGE_LIMITS;
  const rows = Math.floor((requestUnitsPerSecond * RANGE_SECONDS_RU) / UNITS_PER_DOCUMENT);
  return { maxRows: Math.max(1_000, Math.min(RANGE_LIMITS.maxRows, rows)), maxBytes: RANGE_LIMITS.maxBytes };
}
