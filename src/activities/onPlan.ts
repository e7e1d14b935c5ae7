import type { PlannedStep, WithRequest } from '../contract/plannedStep.ts';
import type { Workplace } from '../runtime/workplace.ts';

/** A step that is told of a plan, which keeps what was asked for: the message does not carry it. */
export function onPlan<M extends PlannedStep, O>(
  step: (workplace: Workplace, input: WithRequest<M>, signal: AbortSignal) => Promise<O>,
): (workplace: Workplace, message: M, signal: AbortSignal) => Promise<O> {
  return async (workplace, message, signal) =>
    await step(workplace, { ...message, request: await workplace.request(message) }, signal);
}
