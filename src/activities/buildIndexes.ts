import type { ActivityHandler } from 'durable-functions';
import { IndexMessage } from '../contract/steps/buildIndexes.ts';
import type { Services } from '../runtime/services.ts';
import { buildIndexes } from '../steps/buildIndexes.ts';
import { answering } from './answering.ts';
import { onPlan } from './onPlan.ts';

/** Creates the indexes of some collections, after the load. */
export function makeBuildIndexes(services: Services): ActivityHandler {
  return answering(services, IndexMessage, onPlan(buildIndexes));
}
