import type { ActivityHandler } from 'durable-functions';
import { PreflightInput } from '../contract/steps/preflight.ts';
import type { Services } from '../runtime/services.ts';
import { preflight } from '../steps/preflight.ts';
import { answering } from './answering.ts';

/** Looks at both ends before anything is moved. */
export function makePreflight(services: Services): ActivityHandler {
  return answering(services, PreflightInput, preflight);
}
