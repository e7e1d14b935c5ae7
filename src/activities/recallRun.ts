import type { ActivityHandler } from 'durable-functions';
import { RecallInput } from '../contract/steps/recallRun.ts';
import type { Services } from '../runtime/services.ts';
import { recallRun } from '../steps/recallRun.ts';
import { answering } from './answering.ts';

/** Finds in storage what a migration that Durable ended has planned and claimed. */
export function makeRecallRun(services: Services): ActivityHandler {
  return answering(services, RecallInput, recallRun, { evenIfCancelled: true });
}
