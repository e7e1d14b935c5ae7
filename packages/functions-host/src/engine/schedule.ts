import type { InstanceRow, WorkKind, WorkRow } from '../store/rows.ts';
import { activityInput, wireText } from '../worker/typedData.ts';
import { ACTION, type Action, takesTaskId } from './actions.ts';
import { EVENT, type HistoryEvent, makeEvent } from './events.ts';
import { hostTime } from './hostTime.ts';
import type { RetryState, RetryStep } from './retryStep.ts';

/** A sub-orchestration to create, answering to task `taskId` of its parent. */
export interface NewChild {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly input: string | null;
  readonly taskId: number;
}

/** What one turn starts: history events, open tasks, children; and the timers it gives up, by their place in the list. */
export interface Schedule {
  readonly events: HistoryEvent[];
  readonly work: WorkRow[];
  readonly children: NewChild[];
  readonly cancelledPositions: ReadonlySet<number>;
}

/**
 * Turns new actions into tasks. Gives out task ids exactly as the SDK counts them: the leaves not seen before in list order,
 * then one for the retry step, if any. Advances `nextTaskId` and `seenActions` of the row.
 */
export function scheduleActions(
  instance: InstanceRow,
  leaves: readonly Action[],
  retry: RetryStep | undefined,
): Schedule {
  const cancelled = leaves.flatMap((leaf, position) => (leaf.isCanceled === true ? [position] : []));
  const schedule: Schedule = { events: [], work: [], children: [], cancelledPositions: new Set(cancelled) };
  for (let position = instance.seenActions; position < leaves.length; position++) {
    const leaf = leaves[position];
    if (leaf === undefined || !takesTaskId(leaf)) continue;
    scheduleLeaf(schedule, instance, leaf, position, instance.nextTaskId++);
  }
  instance.seenActions = Math.max(instance.seenActions, leaves.length);
  if (retry !== undefined) scheduleRetry(schedule, instance, retry, instance.nextTaskId++);
  return schedule;
}

function scheduleLeaf(schedule: Schedule, instance: InstanceRow, leaf: Action, position: number, taskId: number): void {
  const name = leaf.functionName ?? '';
  switch (leaf.actionType) {
    case ACTION.callActivity:
    case ACTION.callActivityWithRetry: {
      const input = activityInput(leaf.input);
      addActivity(schedule, instance, taskId, name, input, firstAttempt(leaf, 'activity', input));
      break;
    }
    case ACTION.callChild:
    case ACTION.callChildWithRetry: {
      const input = wireText(leaf.input) ?? null;
      const child = { name, version: leaf.version ?? '', input, instanceId: leaf.instanceId ?? null };
      addChild(schedule, instance, taskId, child, firstAttempt(leaf, 'child', input));
      break;
    }
    case ACTION.createTimer: {
      const fireAt = new Date(leaf.fireAt ?? 0).getTime();
      schedule.events.push(makeEvent(EVENT.timerCreated, { FireAt: new Date(fireAt).toISOString() }, taskId));
      if (leaf.isCanceled !== true) addWork(schedule, instance, taskId, 'timer', { fireAt, position });
      break;
    }
    case ACTION.callHttp: {
      const input = JSON.stringify(leaf.httpRequest);
      schedule.events.push(
        makeEvent(EVENT.taskScheduled, { Name: 'BuiltIn::HttpActivity', Version: '', Input: input }, taskId),
      );
      addWork(schedule, instance, taskId, 'http', { name: 'BuiltIn::HttpActivity', input });
      break;
    }
    default:
      throw new Error(`Action ${leaf.actionType} takes no task id`);
  }
}

function scheduleRetry(schedule: Schedule, instance: InstanceRow, step: RetryStep, taskId: number): void {
  const { state } = step;
  if (step.kind === 'wait') {
    const fireAt = hostTime() + step.delayMs;
    schedule.events.push(makeEvent(EVENT.timerCreated, { FireAt: new Date(fireAt).toISOString() }, taskId));
    addWork(schedule, instance, taskId, 'retryTimer', { fireAt, retry: state });
  } else if (state.kind === 'activity') {
    addActivity(schedule, instance, taskId, state.name, state.input, state);
  } else {
    addChild(schedule, instance, taskId, state, state);
  }
}

function firstAttempt(leaf: Action, kind: RetryState['kind'], input: string | null): RetryState | undefined {
  if (leaf.retryOptions === undefined) return undefined;
  const { functionName: name = '', version = '', instanceId = null, retryOptions: options } = leaf;
  return { options, attempt: 1, kind, name, version, input, instanceId };
}

function addActivity(
  schedule: Schedule,
  instance: InstanceRow,
  taskId: number,
  name: string,
  input: string | null,
  retry: RetryState | undefined,
): void {
  schedule.events.push(makeEvent(EVENT.taskScheduled, { Name: name, Version: '', Input: input }, taskId));
  addWork(schedule, instance, taskId, 'activity', { name, input, retry });
}

function addChild(
  schedule: Schedule,
  instance: InstanceRow,
  taskId: number,
  child: { name: string; version: string; input: string | null; instanceId: string | null },
  retry: RetryState | undefined,
): void {
  const id = child.instanceId ?? `${instance.executionId}:${taskId}`;
  const { name, version, input } = child;
  schedule.events.push(
    makeEvent(EVENT.childCreated, { Name: name, Version: version, InstanceId: id, Input: input }, taskId),
  );
  schedule.children.push({ id, name, version, input, taskId });
  addWork(schedule, instance, taskId, 'child', { name, retry });
}

function addWork(
  schedule: Schedule,
  instance: InstanceRow,
  taskId: number,
  kind: WorkKind,
  fields: {
    name?: string;
    input?: string | null;
    fireAt?: number;
    retry?: RetryState | undefined;
    position?: number;
  },
): void {
  schedule.work.push({
    instanceId: instance.id,
    executionId: instance.executionId,
    taskId,
    kind,
    name: fields.name ?? '',
    input: fields.input ?? null,
    fireAt: fields.fireAt ?? null,
    retry: fields.retry === undefined ? null : JSON.stringify(fields.retry),
    position: fields.position ?? null,
    done: 0,
  });
}
