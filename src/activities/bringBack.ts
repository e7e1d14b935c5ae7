import type { ActivityHandler } from 'durable-functions';
import { BackInput } from '../contract/steps/bringBack.ts';
import type { Services } from '../runtime/services.ts';
import { bringBack } from '../steps/bringBack.ts';
import { answering } from './answering.ts';

/** Brings documents back into PostgreSQL, in one transaction. */
export function makeBringBack(services: Services): ActivityHandler {
  return answering(services, BackInput, bringBack);
}
