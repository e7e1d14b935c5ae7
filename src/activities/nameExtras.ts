import type { ActivityHandler } from 'durable-functions';
import { NameExtrasMessage } from '../contract/steps/nameExtras.ts';
import type { Services } from '../runtime/services.ts';
import { nameExtras } from '../steps/nameExtras.ts';
import { answering } from './answering.ts';
import { onPlan } from './onPlan.ts';

/** Names documents that no row has, of a collection with more documents than rows. */
export function makeNameExtras(services: Services): ActivityHandler {
  return answering(services, NameExtrasMessage, onPlan(nameExtras));
}
