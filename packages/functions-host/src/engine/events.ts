import { hostTime } from './hostTime.ts';

/** Numbers of the history events, as the SDK's HistoryEventType has them. */
export const EVENT = {
  executionStarted: 0,
  executionCompleted: 1,
  executionTerminated: 3,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  childCreated: 7,
  childCompleted: 8,
  childFailed: 9,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventRaised: 15,
  executionSuspended: 19,
  executionResumed: 20,
} as const;

/** One entry of an orchestration's history, without `IsPlayed`, which depends on the turn it is shown in. */
export interface HistoryEvent {
  readonly EventType: number;
  readonly EventId: number;
  /** ISO 8601, UTC. */
  readonly Timestamp: string;
  readonly Name?: string;
  readonly Version?: string;
  readonly InstanceId?: string;
  readonly Input?: string | null;
  readonly Result?: string | null;
  readonly Reason?: string | null;
  readonly Details?: string;
  readonly TaskScheduledId?: number;
  readonly TimerId?: number;
  readonly FireAt?: string;
  readonly OrchestrationStatus?: string;
  readonly Generation?: number | null;
}

/** Events that begin tasks: the SDK skips them, but an app may look at what it began, as at the extension's. */
export const BEGINNING: ReadonlySet<number> = new Set([EVENT.taskScheduled, EVENT.childCreated, EVENT.timerCreated]);

/** What the SDK or an app reads; the rest stays in the store for display only, which halves the cost of a replay. */
const REPLAYED: ReadonlySet<number> = new Set([
  ...BEGINNING,
  EVENT.executionStarted,
  EVENT.taskCompleted,
  EVENT.taskFailed,
  EVENT.childCompleted,
  EVENT.childFailed,
  EVENT.timerFired,
  EVENT.orchestratorStarted,
  EVENT.eventRaised,
]);

const CONTROL: ReadonlySet<number> = new Set([
  EVENT.executionTerminated,
  EVENT.executionSuspended,
  EVENT.executionResumed,
]);

/** Is it an event by which a client suspends, resumes or ends an orchestration? */
export function isControl(eventType: number): boolean {
  return CONTROL.has(eventType);
}

/** Does a replay get the event, or does it stay in the store for display only? */
export function isReplayed(eventType: number): boolean {
  return REPLAYED.has(eventType);
}

/** An event of now; arriving ones have EventId -1, scheduling ones the id of their task. */
export function makeEvent(
  type: number,
  fields: Omit<HistoryEvent, 'EventType' | 'EventId' | 'Timestamp'> = {},
  taskId = -1,
): HistoryEvent {
  return { EventType: type, EventId: taskId, Timestamp: new Date(hostTime()).toISOString(), ...fields };
}

/** The task or timer that a completion is about; undefined for every other event. */
export function completedTask(event: HistoryEvent): number | undefined {
  return event.TaskScheduledId ?? event.TimerId;
}
