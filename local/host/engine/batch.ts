import type { InstanceRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { completedTask, EVENT, type HistoryEvent, makeEvent } from './events.ts';
import { type RetryStep, retryStep } from './retry.ts';

/** What one turn works on. */
export interface Batch {
  /** Arrived events in order, starting with ExecutionStarted in a generation's first turn. */
  readonly events: readonly HistoryEvent[];
  /** Inbox rows that are settled with this turn, the dropped ones among them. */
  readonly usedMessages: readonly number[];
  readonly closedTasks: readonly number[];
  /** Follows from the last event. */
  readonly retry: RetryStep | undefined;
  /** More messages wait for another turn. */
  readonly hasMore: boolean;
}

/**
 * Takes the waiting messages of an instance, up to `maxMessages`: the more, the fewer replays; the fewer, the shorter a turn. A message for an older generation or a task that is not open is dropped. An
 * event for which the SDK takes a task id by itself (a failed attempt, the timer between two attempts) ends the batch:
 * only so do the ids of the host and of the SDK stay in step.
 */
export function collectBatch(store: Store, instance: InstanceRow, maxMessages: number): Batch {
  const events: HistoryEvent[] = [];
  const usedMessages: number[] = [];
  const closedTasks: number[] = [];
  let retry: RetryStep | undefined;
  if (instance.historyLength === 0) events.push(executionStarted(instance));
  const messages = store.inbox(instance.id, maxMessages);
  for (const message of messages) {
    usedMessages.push(message.seq);
    if (message.executionId !== null && message.executionId !== instance.executionId) continue;
    const event = JSON.parse(message.event) as HistoryEvent;
    const taskId = completedTask(event);
    if (taskId !== undefined) {
      const work = store.work(instance.id, instance.executionId, taskId);
      if (work === undefined) continue;
      closedTasks.push(taskId);
      retry = retryStep(work, event);
    }
    events.push(event);
    if (retry !== undefined) break;
  }
  const hasMore = usedMessages.length < messages.length || messages.length === maxMessages;
  return { events, usedMessages, closedTasks, retry, hasMore };
}

function executionStarted(instance: InstanceRow): HistoryEvent {
  return makeEvent(EVENT.executionStarted, {
    Name: instance.name,
    Version: instance.version,
    Input: instance.input,
    Generation: instance.generation,
  });
}
