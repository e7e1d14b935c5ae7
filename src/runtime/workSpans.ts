import type { WorkSpan } from '../contract/workSpan.ts';

/** Most spans that are kept of a run: each is some thirty bytes in what a heartbeat stores. */
const MAX_SPANS = 100;

/** Spans that overlap as one, in the order of time. Of too many those with the least between them become one. */
export function joinSpans(spans: readonly WorkSpan[]): readonly WorkSpan[] {
  const joined: WorkSpan[] = [];
  for (const [from, to] of spans.toSorted((left, right) => left[0] - right[0])) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1]) joined[joined.length - 1] = [last[0], Math.max(last[1], to)];
    else joined.push([from, to]);
  }
  while (joined.length > MAX_SPANS) {
    const gaps = gapsBetween(joined).map(([from, to]) => to - from);
    const at = gaps.indexOf(Math.min(...gaps));
    const [[from] = [0, 0], [, to] = [0, 0]] = joined.slice(at, at + 2);
    joined.splice(at, 2, [from, to]);
  }
  return joined;
}

/** What lies between spans that are in order and do not overlap. */
export function gapsBetween(spans: readonly WorkSpan[]): readonly WorkSpan[] {
  return spans.slice(1).map(([from], index): WorkSpan => [spans[index]?.[1] ?? from, from]);
}

/** Milliseconds of the stretch of time that lie in spans which are in order and do not overlap. */
export function millisecondsWithin(spans: readonly WorkSpan[], [from, to]: WorkSpan): number {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(span[1], to) - Math.max(span[0], from)), 0);
}
