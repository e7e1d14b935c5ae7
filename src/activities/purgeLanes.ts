import type { InvocationContext } from '@azure/functions';
import type { ActivityHandler } from 'durable-functions';
import * as df from 'durable-functions';
import { laneIdOf } from '../contract/laneIdOf.ts';
import { readMessage } from '../contract/readMessage.ts';
import { PurgeLanesInput } from '../contract/steps/purgeLanes.ts';
import { inParallel } from '../runtime/inParallel.ts';

/** Histories that are deleted at once: each takes storage some requests. */
const AT_ONCE = 8;

/**
 * Deletes the histories of lanes whose results the migration has taken. Not by `answering`: it is no work on the migration, and
 * nothing depends on it. What cannot be deleted, such as one that still runs, stays and costs storage only.
 */
export function makePurgeLanes(): ActivityHandler {
  return async (message: unknown, context: InvocationContext): Promise<null> => {
    const { from, to, ...run } = readMessage(PurgeLanesInput, message);
    const client = df.getClient(context);
    const ids = Array.from({ length: to - from }, (_unused, index) => laneIdOf(run, from + index));
    let kept = 0;
    await inParallel(ids, AT_ONCE, async (id) => {
      await client.purgeInstanceHistory(id).catch(() => kept++);
    });
    if (kept > 0) context.warn(JSON.stringify({ event: 'lanes-kept', migration: run.id, lanes: kept }));
    return null;
  };
}
