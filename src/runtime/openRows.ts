import type { ProcessProgress, RowCounts } from '../contract/progress.ts';
import { addRows, noRows } from './progressCounter.ts';

/**
 * Rows of ranges that processes are in the middle of, or were when they ended: these are done again, and the figures stay where they
 * were until they are. Once another of `all` has taken the place of one that is gone, it tells them itself.
 */
export function openRows(parts: readonly ProcessProgress[], all = parts): RowCounts {
  const open = noRows();
  for (const part of parts) {
    const isAdopted = all.some((other) => other !== part && (other.adopted ?? '') > part.updatedAt);
    for (const counts of isAdopted ? [] : [part.open, part.again ?? noRows()]) addRows(open, counts);
  }
  return open;
}
