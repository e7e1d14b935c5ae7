import { randomUUID } from 'node:crypto';
import { type InstanceRow, isFinished, type RuntimeStatus } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { FinalAnswer } from './answer.ts';
import { EVENT, type HistoryEvent, makeEvent } from './events.ts';
import type { NewChild } from './schedule.ts';

/** A fresh instance that has not run yet; its first turn starts it. `input` is JSON text. */
export function newInstance(
  fields: Pick<InstanceRow, 'id' | 'name' | 'version' | 'input'>,
  parent?: { readonly instance: InstanceRow; readonly taskId: number },
): InstanceRow {
  const now = Date.now();
  return {
    ...fields,
    executionId: randomUUID().replaceAll('-', ''),
    status: 'Pending',
    output: null,
    customStatus: null,
    created: now,
    updated: now,
    parentId: parent?.instance.id ?? null,
    parentExecutionId: parent?.instance.executionId ?? null,
    parentTaskId: parent?.taskId ?? null,
    generation: 0,
    nextTaskId: 0,
    seenActions: 0,
    historyLength: 0,
    answer: null,
  };
}

/** Creates a sub-orchestration, or fails its task when the chosen id is taken by a running one. Returns the instance to wake. */
export function createChild(store: Store, parent: InstanceRow, child: NewChild): string {
  const existing = store.instance(child.id);
  if (existing !== undefined && !isFinished(existing.status)) {
    const Reason = `An orchestration instance with the id '${child.id}' exists already and is ${existing.status}`;
    const event = makeEvent(EVENT.childFailed, { TaskScheduledId: child.taskId, Reason, Details: '' });
    answerTask(store, parent.id, parent.executionId, event);
    return parent.id;
  }
  if (existing !== undefined) store.deleteInstance(existing.id);
  const { id, name, version, input } = child;
  store.saveInstance(newInstance({ id, name, version, input }, { instance: parent, taskId: child.taskId }));
  return id;
}

/**
 * Ends a generation: starts the next one, or finishes the instance and tells the parent. Writes the row. Returns the
 * instance that has a turn to take now.
 */
export function finishInstance(store: Store, instance: InstanceRow, final: FinalAnswer): string | undefined {
  switch (final.kind) {
    case 'continueAsNew':
      store.clearHistory(instance.id);
      instance.executionId = randomUUID().replaceAll('-', '');
      instance.generation += 1;
      instance.input = final.input;
      instance.nextTaskId = 0;
      instance.seenActions = 0;
      instance.historyLength = 0;
      instance.answer = null;
      store.saveInstance(instance);
      return instance.id;
    case 'completed':
      return endInstance(store, instance, 'Completed', final.output);
    case 'failed':
      return endInstance(store, instance, 'Failed', `Orchestrator function '${instance.name}' failed: ${final.output}`);
    default:
      throw new Error('Unknown final answer');
  }
}

/** Sets the final status and writes it everywhere. Returns the parent, if one was told. */
export function endInstance(
  store: Store,
  instance: InstanceRow,
  status: RuntimeStatus,
  output: string,
): string | undefined {
  const event =
    status === 'Terminated'
      ? makeEvent(EVENT.executionTerminated, { Input: output })
      : makeEvent(EVENT.executionCompleted, { OrchestrationStatus: status, Result: output });
  store.appendHistory(instance.id, instance.historyLength++, event.EventType, JSON.stringify(event));
  instance.status = status;
  instance.output = output;
  instance.updated = Date.now();
  instance.answer = null;
  store.saveInstance(instance);
  store.clearTasks(instance.id);
  return tellParent(store, instance, output);
}

function tellParent(store: Store, instance: InstanceRow, output: string): string | undefined {
  const { parentId, parentExecutionId, parentTaskId } = instance;
  if (parentId === null || parentExecutionId === null || parentTaskId === null) return undefined;
  const event =
    instance.status === 'Completed'
      ? makeEvent(EVENT.childCompleted, { TaskScheduledId: parentTaskId, Result: output })
      : makeEvent(EVENT.childFailed, { TaskScheduledId: parentTaskId, Reason: failureText(instance), Details: '' });
  return answerTask(store, parentId, parentExecutionId, event) ? parentId : undefined;
}

function failureText(instance: InstanceRow): string {
  return instance.status === 'Terminated'
    ? `Orchestrator function '${instance.name}' was terminated: ${instance.output ?? ''}`
    : (instance.output ?? '');
}

/** Closes the task that a completion event is about and posts the event; false if the task is not open any more. */
export function answerTask(store: Store, instanceId: string, executionId: string, event: HistoryEvent): boolean {
  const taskId = event.TaskScheduledId ?? event.TimerId;
  if (taskId === undefined || !store.finishWork(instanceId, executionId, taskId)) return false;
  store.post(instanceId, executionId, JSON.stringify(event));
  return true;
}
