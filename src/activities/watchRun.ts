import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { isUnknownRun } from '../runtime/isUnknownRun.ts';
import type { IsGone } from '../runtime/stopWatcher.ts';

/** Statuses of an orchestration after which nobody takes the result of a child of it. */
const ENDED: ReadonlySet<string> = new Set(['Completed', 'Failed', 'Terminated', 'Canceled']);

/**
 * How an activity of a migration's child learns that the migration is there no more: Durable ends an orchestration without a
 * word to its children. Null for an activity that is registered without the durable client. What cannot be looked up is there.
 */
export function watchRun(context: InvocationContext, id: string): IsGone | null {
  const { extraInputs } = context.options;
  if (!extraInputs.some(({ type }) => type === 'durableClient')) return null;
  const client = df.getClient(context);
  return async () => {
    try {
      const { runtimeStatus } = await client.getStatus(id);
      return ENDED.has(String(runtimeStatus));
    } catch (error) {
      return isUnknownRun(error);
    }
  };
}
