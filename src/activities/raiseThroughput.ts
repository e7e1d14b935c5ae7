import type { ActivityHandler } from 'durable-functions';
import { RaiseMessage } from '../contract/steps/raiseThroughput.ts';
import type { Services } from '../runtime/services.ts';
import { raiseThroughput } from '../steps/raiseThroughput.ts';
import { answering } from './answering.ts';
import { onPlan } from './onPlan.ts';

/** Raises the target's throughput for the copy, after recording what it was. */
export function makeRaiseThroughput(services: Services): ActivityHandler {
  return answering(services, RaiseMessage, onPlan(raiseThroughput));
}
