import type { ActivityHandler } from 'durable-functions';
import { CheckMessage } from '../contract/steps/checkCollections.ts';
import type { Services } from '../runtime/services.ts';
import { checkCollections } from '../steps/checkCollections.ts';
import { answering } from './answering.ts';
import { onPlan } from './onPlan.ts';

/** Compares counts, indexes and references of whole collections. */
export function makeCheckCollections(services: Services): ActivityHandler {
  return answering(services, CheckMessage, onPlan(checkCollections));
}
