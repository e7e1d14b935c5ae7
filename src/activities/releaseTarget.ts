import type { ActivityHandler } from 'durable-functions';
import { ReleaseInput } from '../contract/steps/releaseTarget.ts';
import type { Services } from '../runtime/services.ts';
import { releaseTarget } from '../steps/releaseTarget.ts';
import { answering } from './answering.ts';

/** Ends the run's right to write to the target; runs after failures and cancellation too. */
export function makeReleaseTarget(services: Services): ActivityHandler {
  return answering(services, ReleaseInput, releaseTarget, { evenIfCancelled: true });
}
