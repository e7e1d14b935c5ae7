import type { KeyRange } from '../contract/plan.ts';
import type { RangeLimits } from './cutRanges.ts';

/** Bounds are the first digits of digests in hexadecimal: their number is even, as digits are bytes to the server. */
const DIGITS = 8;
const ALL = 16 ** DIGITS;

/** Each range of digests reads the whole table, so that it holds more rows than others, and there are few. */
const TIMES_LARGER = 10;
const MOST_RANGES = 16;

/** How many ranges of digests a table of that size is cut into. */
export function digestRangeCount(rows: number, bytes: number, { maxRows, maxBytes }: RangeLimits): number {
  const count = Math.ceil(Math.max(rows / maxRows, bytes / maxBytes) / TIMES_LARGER);
  return Math.max(1, Math.min(MOST_RANGES, count));
}

/** All digests in so many ranges, which hold about as many each: digests are spread evenly. */
export function digestRanges(count: number): KeyRange[] {
  const bound = (index: number) =>
    index === 0 || index === count ? null : [digits(Math.floor((ALL * index) / count))];
  return Array.from({ length: count }, (_, index) => ({ lower: bound(index), upper: bound(index + 1) }));
}

/** How wide a range of digests is, in parts of which there are 2^32. */
export function digestWidth({ lower, upper }: KeyRange): number {
  return placeOf(upper, ALL) - placeOf(lower, 0);
}

/** The bound that is so much further than the beginning of a range; null where the range ends before. */
export function digestAfter(range: KeyRange, width: number): readonly string[] | null {
  const place = placeOf(range.lower, 0) + width;
  return place >= placeOf(range.upper, ALL) ? null : [digits(place)];
}

function digits(place: number): string {
  return place.toString(16).padStart(DIGITS, '0');
}

function placeOf(bound: KeyRange['lower'], none: number): number {
  return bound?.[0] === undefined ? none : Number.parseInt(bound[0].slice(0, DIGITS), 16);
}
