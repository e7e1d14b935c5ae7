import type { ActivityHandler } from 'durable-functions';
import { RestoreInput } from '../contract/steps/restoreThroughput.ts';
import type { Services } from '../runtime/services.ts';
import { restoreThroughput } from '../steps/restoreThroughput.ts';
import { answering } from './answering.ts';

/** Sets the target's throughput back; runs after failures and cancellation too, as someone pays for it by the hour. */
export function makeRestoreThroughput(services: Services): ActivityHandler {
  return answering(services, RestoreInput, restoreThroughput, { evenIfCancelled: true });
}
