import type { ActivityHandler } from 'durable-functions';
import { RemoveVanishedMessage } from '../contract/steps/removeVanished.ts';
import type { Services } from '../runtime/services.ts';
import { removeVanished } from '../steps/removeVanished.ts';
import { answering } from './answering.ts';
import { onPlan } from './onPlan.ts';

/** Deletes the documents of vanished rows that were found. */
export function makeRemoveVanished(services: Services): ActivityHandler {
  return answering(services, RemoveVanishedMessage, onPlan(removeVanished));
}
