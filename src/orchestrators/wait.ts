import type { OrchestrationContext, Task, TimerTask } from 'durable-functions';

/** On the real extension timers up to a second fire at once. */
export const FIRST_WAIT_MS = 2_000;
const MAX_WAIT_MS = 30_000;

/** Wait before attempt number `attempt` (from 1) of something that failed for a passing reason. */
export function backoffMs(attempt: number): number {
  return Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
}

/** Waits durably, at least two seconds: the real extension fires shorter timers when it likes. */
export function* wait(context: OrchestrationContext, milliseconds: number): Generator<Task, void, unknown> {
  yield timerIn(context, milliseconds);
}

/** A timer that fires so long after the orchestration's time. */
export function timerIn(context: OrchestrationContext, milliseconds: number): TimerTask {
  const now = context.df.currentUtcDateTime.getTime();
  const fireAt = new (context.df.currentUtcDateTime.constructor as DateConstructor)(now + milliseconds);
  return context.df.createTimer(fireAt);
}
