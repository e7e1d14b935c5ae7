import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { readMessage } from '../contract/readMessage.ts';
import { PurgeLanesInput } from '../contract/steps/purgeLanes.ts';
import type { Services } from '../runtime/services.ts';
import { purgeLanes } from '../steps/purgeLanes.ts';

/**
 * Deletes the histories of lanes that have ended. Not by `answering`: it is no work on the migration, which shows no sign of life by
 * it, and may have ended.
 */
export function makePurgeLanes(services: Services): df.ActivityHandler {
  return (message: unknown, context: InvocationContext): Promise<null> => {
    const client = df.getClient(context);
    const input = readMessage(PurgeLanesInput, message);
    const purge = (id: string) => client.purgeInstanceHistory(id);
    return services.running.during(() => purgeLanes(services, input, services.shutdown, purge));
  };
}
