import type { PlannedStep, WithRequest } from '../contract/plannedStep.ts';
import type { Services } from '../runtime/services.ts';

/** A step that is told of a plan, which keeps what was asked for: the message does not carry it. */
export function onPlan<M extends PlannedStep, O>(
  step: (services: Services, input: WithRequest<M>, signal: AbortSignal) => Promise<O>,
): (services: Services, message: M, signal: AbortSignal) => Promise<O> {
  return async (services, message, signal) =>
    await step(services, { ...message, request: await services.request(message) }, signal);
}
