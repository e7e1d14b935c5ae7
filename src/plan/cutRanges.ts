import type { KeyRange } from '../contract/plan.ts';

/** Bounds of one activity's work: it should take seconds to a few minutes, so that little is done again after a kill. */
export interface RangeLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** How many ranges a table of that size needs. */
export function rangeCount(rows: number, bytes: number, limits: RangeLimits): number {
  return Math.max(1, Math.ceil(rows / limits.maxRows), Math.ceil(bytes / limits.maxBytes));
}

/**
 * Cuts a table into about `count` ranges of equal size at quantiles of sampled keys (sorted by the server, which alone
 * knows its collation). Equal neighbours make one bound; without samples there is one range.
 */
export function cutRanges(sortedKeys: readonly (readonly string[])[], count: number): KeyRange[] {
  const bounds: (readonly string[])[] = [];
  for (let i = 1; i < count; i++) {
    const key = sortedKeys[Math.floor((i * sortedKeys.length) / count)];
    if (key === undefined) continue;
    const last = bounds.at(-1);
    if (last === undefined || last.some((value, position) => value !== key[position])) bounds.push(key);
  }
  const ranges: KeyRange[] = [];
  for (let i = 0; i <= bounds.length; i++) ranges.push({ lower: bounds[i - 1] ?? null, upper: bounds[i] ?? null });
  return ranges;
}
