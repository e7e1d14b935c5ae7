import type { HistoryRow, InstanceRow } from '../store/rows.ts';
import { wellFormedJson } from '../worker/typedData.ts';
import { completedTask, EVENT, type HistoryEvent } from './events.ts';

/** What a status answer should hold besides the basics. */
export interface StatusOptions {
  readonly showInput: boolean;
  /** The history to show; undefined for none. */
  readonly history: readonly HistoryRow[] | undefined;
  /** Show results within the history. */
  readonly showHistoryOutput: boolean;
}

/** The status object of the management API. Its times have no milliseconds. */
export function statusObject(instance: InstanceRow, options: StatusOptions): Record<string, unknown> {
  const status: Record<string, unknown> = {
    name: instance.name,
    instanceId: instance.id,
    ...(instance.parentId === null ? {} : { parentInstanceId: instance.parentId }),
    runtimeStatus: instance.status,
    input: options.showInput ? parse(wellFormedJson(instance.input ?? 'null')) : null,
    customStatus: parse(instance.customStatus),
    output: outputValue(instance),
    createdTime: seconds(instance.created),
    lastUpdatedTime: seconds(instance.updated),
  };
  if (options.history !== undefined) {
    status['historyEvents'] = historyEvents(instance, options.history, options.showHistoryOutput);
  }
  return status;
}

/** The output as a value: plain text, except for that of a completed orchestration. */
export function outputValue(instance: InstanceRow): unknown {
  return instance.status === 'Completed' ? parse(instance.output) : instance.output;
}

const HIDDEN: ReadonlySet<number> = new Set([EVENT.orchestratorStarted, EVENT.orchestratorCompleted]);

const NAMES: ReadonlyMap<number, string> = new Map([
  [EVENT.executionStarted, 'ExecutionStarted'],
  [EVENT.executionCompleted, 'ExecutionCompleted'],
  [EVENT.executionTerminated, 'ExecutionTerminated'],
  [EVENT.taskScheduled, 'TaskScheduled'],
  [EVENT.taskCompleted, 'TaskCompleted'],
  [EVENT.taskFailed, 'TaskFailed'],
  [EVENT.childCreated, 'SubOrchestrationInstanceCreated'],
  [EVENT.childCompleted, 'SubOrchestrationInstanceCompleted'],
  [EVENT.childFailed, 'SubOrchestrationInstanceFailed'],
  [EVENT.timerCreated, 'TimerCreated'],
  [EVENT.timerFired, 'TimerFired'],
  [EVENT.eventRaised, 'EventRaised'],
  [EVENT.executionSuspended, 'ExecutionSuspended'],
  [EVENT.executionResumed, 'ExecutionResumed'],
]);

/** Scheduling events are folded into the completion of their task and stand alone only while the task is open. */
function historyEvents(instance: InstanceRow, rows: readonly HistoryRow[], showOutput: boolean): unknown[] {
  const events = rows
    .map((row) => JSON.parse(row.event) as HistoryEvent)
    .filter((event) => !HIDDEN.has(event.EventType));
  const scheduled = new Map<number, HistoryEvent>();
  const completed = new Set<number>();
  for (const event of events) {
    if (isScheduling(event)) scheduled.set(event.EventId, event);
    const taskId = completedTask(event);
    if (taskId !== undefined) completed.add(taskId);
  }
  return events
    .filter((event) => !isScheduling(event) || !completed.has(event.EventId))
    .map((event) => displayed(instance, event, scheduled.get(completedTask(event) ?? -1), showOutput));
}

function isScheduling(event: HistoryEvent): boolean {
  return event.EventType === EVENT.taskScheduled || event.EventType === EVENT.childCreated;
}

/** Inputs of tasks are not shown. */
function displayed(
  instance: InstanceRow,
  event: HistoryEvent,
  origin: HistoryEvent | undefined,
  showOutput: boolean,
): Record<string, unknown> {
  const { EventType, Result, Name, Version: _, EventId: __, TaskScheduledId: ___, TimerId: ____, ...rest } = event;
  const shown: Record<string, unknown> = { ...rest, EventType: NAMES.get(EventType) ?? String(EventType) };
  const isStart = EventType === EVENT.executionStarted;
  if (Name !== undefined) shown[isStart ? 'FunctionName' : 'Name'] = Name;
  if (isStart) Object.assign(shown, { Correlation: null, ScheduledStartTime: null });
  if (isScheduling(event)) shown['Input'] = null;
  if (EventType === EVENT.childCreated) shown['ClientSpanId'] = null;
  if (origin !== undefined && isScheduling(origin)) {
    Object.assign(shown, { ScheduledTime: origin.Timestamp, FunctionName: origin.Name, Input: null });
    if (origin.InstanceId !== undefined) shown['InstanceId'] = origin.InstanceId;
  }
  if (showOutput && Result !== undefined) {
    const isText = EventType === EVENT.executionCompleted && instance.status !== 'Completed';
    shown['Result'] = isText ? Result : parse(Result);
  }
  return shown;
}

function seconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function parse(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
