import type { WorkRow } from '../store/rows.ts';
import type { RetryOptions } from './actions.ts';
import { EVENT, type HistoryEvent } from './events.ts';

/** Six days, the longest wait between two attempts when the app names none (the durable extension's own limit). */
const LONGEST_RETRY_MS = 6 * 24 * 3600 * 1000;

/** What has to be known of a task with retry options to run it again. Kept with the task and with the timer between two attempts. */
export interface RetryState {
  readonly options: RetryOptions;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly kind: 'activity' | 'child';
  readonly name: string;
  readonly version: string;
  readonly input: string | null;
  /** Id that the app chose for a sub-orchestration. */
  readonly instanceId: string | null;
}

/** What the SDK does of its own accord when it processes an event, and for which it takes a task id outside its action list. */
export type RetryStep =
  | { readonly kind: 'wait'; readonly delayMs: number; readonly state: RetryState }
  | { readonly kind: 'attempt'; readonly state: RetryState };

/**
 * The step that follows from `event`, which closes the task `work`; undefined if there is none. After the last failure
 * there is one more timer, of no delay, whose firing makes the SDK report the failure.
 */
export function retryStep(work: WorkRow, event: HistoryEvent): RetryStep | undefined {
  if (work.retry === null) return undefined;
  const state = JSON.parse(work.retry) as RetryState;
  if (work.kind === 'retryTimer') {
    return state.attempt > state.options.maxNumberOfAttempts ? undefined : { kind: 'attempt', state };
  }
  if (event.EventType !== EVENT.taskFailed && event.EventType !== EVENT.childFailed) return undefined;
  const isLast = state.attempt >= state.options.maxNumberOfAttempts;
  const delayMs = isLast ? 0 : retryDelay(state.options, state.attempt);
  return { kind: 'wait', delayMs, state: { ...state, attempt: state.attempt + 1 } };
}

/** Milliseconds between attempt `attempt` (1, 2, …) and the next one. */
function retryDelay(options: RetryOptions, attempt: number): number {
  const factor = (options.backoffCoefficient ?? 1) ** (attempt - 1);
  return Math.min(
    options.firstRetryIntervalInMilliseconds * factor,
    options.maxRetryIntervalInMilliseconds ?? LONGEST_RETRY_MS,
  );
}
