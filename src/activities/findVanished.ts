import type { ActivityHandler } from 'durable-functions';
import { FindVanishedMessage } from '../contract/steps/findVanished.ts';
import type { Services } from '../runtime/services.ts';
import { findVanished } from '../steps/findVanished.ts';
import { answering } from './answering.ts';
import { onPlan } from './onPlan.ts';

/** Looks for documents whose row vanished from the source, and deletes none. */
export function makeFindVanished(services: Services): ActivityHandler {
  return answering(services, FindVanishedMessage, onPlan(findVanished));
}
