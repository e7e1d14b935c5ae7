import type { ActivityHandler } from 'durable-functions';
import { ReadSourceClockMessage } from '../contract/steps/readSourceClock.ts';
import type { Services } from '../runtime/services.ts';
import { readSourceClock } from '../steps/readSourceClock.ts';
import { answering } from './answering.ts';
import { onPlan } from './onPlan.ts';

/** Reads the source's clock, and whether its tables are still those that were planned for. */
export function makeReadSourceClock(services: Services): ActivityHandler {
  return answering(services, ReadSourceClockMessage, onPlan(readSourceClock));
}
