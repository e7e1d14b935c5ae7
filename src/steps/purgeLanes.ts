import { laneIdOf } from '../contract/laneIdOf.ts';
import type { PurgeLanesInput } from '../contract/steps/purgeLanes.ts';
import { inParallel } from '../runtime/inParallel.ts';
import { logEvent } from '../runtime/logEvent.ts';
import type { Services } from '../runtime/services.ts';

/** Histories that are deleted at once: each takes storage some requests. */
const AT_ONCE = 8;

/**
 * Deletes the histories of lanes whose results the migration has taken, by `purge`, which is given their ids. Nothing depends on
 * it: what cannot be deleted, such as one that still runs, stays and costs storage only, and so does what the signal leaves.
 */
export async function purgeLanes(
  { blobs }: Services,
  { from, to, ...run }: PurgeLanesInput,
  signal: AbortSignal,
  purge: (id: string) => Promise<unknown>,
): Promise<null> {
  const ids = Array.from({ length: to - from }, (_unused, index) => laneIdOf(run, from + index));
  let kept = 0;
  await inParallel(ids, AT_ONCE, async (id) => {
    if (signal.aborted) kept++;
    else await purge(id).catch(() => kept++);
  });
  if (kept > 0) await logEvent(blobs, run.id, 'lanes-kept', { lanes: kept });
  return null;
}
