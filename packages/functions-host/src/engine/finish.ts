import { randomUUID } from 'node:crypto';
import type { InstanceRow, RuntimeStatus } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { FinalAnswer } from './answer.ts';
import { EVENT, type HistoryEvent, makeEvent } from './events.ts';
import { hostTime } from './hostTime.ts';
import type { NewChild } from './schedule.ts';

/** A fresh instance that has not run yet; its first turn starts it. `input` is JSON text. */
export function newInstance(
  fields: Pick<InstanceRow, 'id' | 'name' | 'version' | 'input' | 'generation'>,
  parent?: { readonly instance: InstanceRow; readonly taskId: number },
): InstanceRow {
  const now = hostTime();
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
    nextTaskId: 0,
    seenActions: 0,
    historyLength: 0,
    answer: null,
  };
}

/** Creates a sub-orchestration and returns its id. As in the extension it takes the place of an instance of that id, even of a running one. */
export function createChild(store: Store, parent: InstanceRow, child: NewChild): string {
  const { id, name, version, input } = child;
  if (store.instance(id) !== undefined) store.deleteInstance(id);
  const fields = { id, name, version, input, generation: -1 };
  store.saveInstance(newInstance(fields, { instance: parent, taskId: child.taskId }));
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
      instance.generation = -1;
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
      return endInstance(store, instance, 'Failed', failurePrefix(instance.name) + final.output);
    default:
      throw new Error('Unknown final answer');
  }
}

/** Sets the final status and writes it everywhere. Returns the parent, if one was told. */
export function endInstance(
  store: Store,
  instance: InstanceRow,
  status: RuntimeStatus,
  output: string | null,
): string | undefined {
  const event = makeEvent(EVENT.executionCompleted, { OrchestrationStatus: status, Result: output });
  store.appendHistory(instance.id, instance.historyLength++, event.EventType, JSON.stringify(event));
  instance.status = status;
  instance.output = output;
  instance.updated = hostTime();
  instance.answer = null;
  store.saveInstance(instance);
  store.clearTasks(instance.id);
  return tellParent(store, instance);
}

function tellParent(store: Store, instance: InstanceRow): string | undefined {
  const { parentId, parentExecutionId, parentTaskId, output } = instance;
  if (parentId === null || parentExecutionId === null || parentTaskId === null) return undefined;
  const event =
    instance.status === 'Completed'
      ? makeEvent(EVENT.childCompleted, { TaskScheduledId: parentTaskId, Result: output })
      : makeEvent(EVENT.childFailed, { TaskScheduledId: parentTaskId, ...failureOf(instance) });
  return answerTask(store, parentId, parentExecutionId, event) ? parentId : undefined;
}

/** What a parent is told, in the form of the extension's texts. */
function failureOf({ name, status, output }: InstanceRow): { Reason: string; Details: string } {
  const text = output ?? '';
  const message = text.replace(failurePrefix(name), '');
  const Reason = status === 'Terminated' ? `Orchestrator function '${name}' was terminated: ${text}` : text;
  return { Reason, Details: `Message: ${message}, StackTrace: ` };
}

function failurePrefix(name: string): string {
  return `Orchestrator function '${name}' failed: `;
}

/** Closes the task that a completion event is about and posts the event; false if the task is not open any more. */
export function answerTask(store: Store, instanceId: string, executionId: string, event: HistoryEvent): boolean {
  const taskId = event.TaskScheduledId ?? event.TimerId;
  if (taskId === undefined || !store.finishWork(instanceId, executionId, taskId)) return false;
  store.post(instanceId, executionId, JSON.stringify(event));
  return true;
}
