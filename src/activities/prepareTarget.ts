import type { ActivityHandler } from 'durable-functions';
import { PrepareMessage } from '../contract/steps/prepareTarget.ts';
import type { Services } from '../runtime/services.ts';
import { prepareTarget } from '../steps/prepareTarget.ts';
import { answering } from './answering.ts';
import { onPlan } from './onPlan.ts';

/** Claims and makes collections, writes the revision, and makes the indexes that must be there first. */
export function makePrepareTarget(services: Services): ActivityHandler {
  return answering(services, PrepareMessage, onPlan(prepareTarget));
}
