import type { ActivityHandler } from 'durable-functions';
import { MakePlanInput } from '../contract/steps/makePlan.ts';
import type { Services } from '../runtime/services.ts';
import { makePlan } from '../steps/makePlan.ts';
import { answering } from './answering.ts';

/** Counts, cuts into ranges and stores the plan. */
export function makeMakePlan(services: Services): ActivityHandler {
  return answering(services, MakePlanInput, makePlan);
}
