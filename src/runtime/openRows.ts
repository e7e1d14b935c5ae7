import type { ProcessProgress, RowCounts } from '../contract/progress.ts';
import { addRows, noRows } from './progressCounter.ts';

/**
 * Rows of ranges that processes are in the middle of, or were when they ended: these are done again, and the figures stay where they
 * were until they are. Once another of `all` has taken the place of one that is gone, it tells them itself.
 */
export function openRows(parts: readonly ProcessProgress[], all = parts): RowCounts {
  const open = noRows();
  for (const { open: begun, again = noRows() } of notAdopted(parts, all)) {
    addRows(open, begun);
    addRows(open, again);
  }
  return open;
}

/** How many of them are still to be met again; what processes that `isAtWork` says yes to have open is not. */
export function rowsToMeetAgain(
  parts: readonly ProcessProgress[],
  isAtWork: (part: ProcessProgress) => boolean,
): number {
  const left = noRows();
  for (const part of notAdopted(parts, parts)) {
    addRows(left, part.again ?? noRows());
    if (!isAtWork(part)) addRows(left, part.open);
  }
  return [left.copied, left.validated].flatMap(Object.values<number>).reduce((sum, rows) => sum + rows, 0);
}

/** Those whose place no other has taken. */
function notAdopted(parts: readonly ProcessProgress[], all: readonly ProcessProgress[]): readonly ProcessProgress[] {
  return parts.filter((part) => !all.some((other) => other !== part && (other.adopted ?? '') > part.updatedAt));
}
