import type { InboxRow, InstanceRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { FinalAnswer } from './answer.ts';
import { completedTask, EVENT, type HistoryEvent, isControl, makeEvent } from './events.ts';
import { type RetryStep, retryStep } from './retryStep.ts';

/** An event that a turn takes in, and the inbox row that it came by. */
interface Arrival {
  readonly event: HistoryEvent;
  /** Undefined for ExecutionStarted, which no message brings. */
  readonly seq: number | undefined;
}

/** What one turn works on. */
export interface Batch {
  /** Arrived events in order, starting with ExecutionStarted in a generation's first turn. */
  readonly arrivals: readonly Arrival[];
  /** Inbox rows that are settled with this turn, the dropped ones among them. */
  readonly usedMessages: readonly number[];
  readonly closedTasks: readonly number[];
  /** Follows from the last event. */
  readonly retry: RetryStep | undefined;
  readonly control: Control;
  /** More messages wait for another turn. */
  readonly hasMore: boolean;
}

/** Where the instance stands after the words of its clients. */
export interface Control {
  readonly isSuspended: boolean;
  readonly isTerminated: boolean;
  /** The last reason that was given; null if none was. */
  readonly reason: string | null;
}

/**
 * Takes the waiting messages of an instance, up to `maxMessages`: the more, the fewer replays; the fewer, the shorter a
 * turn. A message for an older generation or a task that is not open is dropped. An event for which the SDK takes a task id
 * by itself (a failed attempt, the timer between two attempts) ends the batch: only so do the ids of the host and of the SDK
 * stay in step. For the same reason it waits while the instance is suspended and nothing may be scheduled. External events
 * wait while the next generation is to come.
 */
export function collectBatch(store: Store, instance: InstanceRow, maxMessages: number): Batch {
  const arrivals: Arrival[] = [];
  const usedMessages: number[] = [];
  const closedTasks: number[] = [];
  let retry: RetryStep | undefined;
  let control: Control = { isSuspended: instance.status === 'Suspended', isTerminated: false, reason: null };
  let last = 0;
  let isHeldBack = false;
  const continues = isContinuing(instance);
  if (instance.historyLength === 0) arrivals.push({ event: executionStarted(instance), seq: undefined });
  for (const { seq, executionId, event: text } of waiting(store, instance.id, maxMessages)) {
    if (usedMessages.length === maxMessages || retry !== undefined) break;
    last = seq;
    const event = JSON.parse(text) as HistoryEvent;
    if (continues && event.EventType === EVENT.eventRaised) continue;
    const isStale = executionId !== null && executionId !== instance.executionId;
    const taskId = completedTask(event);
    const work = taskId === undefined || isStale ? undefined : store.work(instance.id, instance.executionId, taskId);
    if (isStale || (taskId !== undefined && work === undefined)) {
      usedMessages.push(seq);
      continue;
    }
    const step = work === undefined ? undefined : retryStep(work, event);
    if (step !== undefined && control.isSuspended) {
      isHeldBack = true;
      continue;
    }
    retry = step;
    if (taskId !== undefined) closedTasks.push(taskId);
    if (isControl(event.EventType)) control = afterWord(control, event);
    usedMessages.push(seq);
    arrivals.push({ event, seq });
  }
  const isResumed = isHeldBack && !control.isSuspended;
  const hasMore = isResumed || (usedMessages.length > 0 && store.inbox(instance.id, last, 1).length > 0);
  return { arrivals, usedMessages, closedTasks, retry, control, hasMore };
}

/** The messages of an instance in the order of their arrival, read page by page: some may have to stay. */
function* waiting(store: Store, instanceId: string, pageSize: number): Generator<InboxRow> {
  for (let after = 0; ; ) {
    const page = store.inbox(instanceId, after, pageSize);
    yield* page;
    after = page.at(-1)?.seq ?? after;
    if (page.length < pageSize) return;
  }
}

function isContinuing(instance: InstanceRow): boolean {
  return instance.answer !== null && (JSON.parse(instance.answer) as FinalAnswer).kind === 'continueAsNew';
}

function afterWord(control: Control, event: HistoryEvent): Control {
  const given = (event.EventType === EVENT.executionTerminated ? event.Input : event.Reason) ?? null;
  const reason = event.EventType === EVENT.executionTerminated ? given : (given ?? control.reason);
  return {
    isTerminated: control.isTerminated || event.EventType === EVENT.executionTerminated,
    isSuspended: event.EventType === EVENT.executionSuspended,
    reason: control.isTerminated ? control.reason : reason,
  };
}

function executionStarted(instance: InstanceRow): HistoryEvent {
  return makeEvent(EVENT.executionStarted, {
    Name: instance.name,
    Version: instance.version,
    Input: instance.input,
    Generation: instance.generation < 0 ? null : instance.generation,
  });
}
