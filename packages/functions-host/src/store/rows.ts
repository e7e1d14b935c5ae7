/** Where an orchestration stands, in the words of the management API. */
export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

const FINISHED: readonly RuntimeStatus[] = ['Completed', 'Failed', 'Terminated'];

/** Is nothing of the orchestration run any more? It stays so until it is started again. */
export function isFinished(status: RuntimeStatus): boolean {
  return FINISHED.includes(status);
}

/** One orchestration. Times are milliseconds since 1970; input, output and customStatus are JSON text (a failed one's output is plain text). */
export interface InstanceRow {
  readonly id: string;
  /** New with every generation (continueAsNew, restart): messages for an older one are dropped. */
  executionId: string;
  readonly name: string;
  readonly version: string;
  status: RuntimeStatus;
  input: string | null;
  /** Before the end: the last reason that was given for suspending or resuming, as plain text. */
  output: string | null;
  customStatus: string | null;
  readonly created: number;
  updated: number;
  readonly parentId: string | null;
  readonly parentExecutionId: string | null;
  readonly parentTaskId: number | null;
  /** How often a client has started an instance under this id before; -1 for children and after continueAsNew, which have no number. */
  generation: number;
  /** The id that the next scheduled task gets; must run in step with the SDK's own count. */
  nextTaskId: number;
  /** How many leaves of the SDK's action list have been scheduled. */
  seenActions: number;
  historyLength: number;
  /** The final answer (JSON of FinalAnswer) while tasks are still open. */
  answer: string | null;
}

/** A message that waits for a turn; `executionId` is null for what clients send, which outlives a generation. */
export interface InboxRow {
  readonly seq: number;
  readonly executionId: string | null;
  readonly event: string;
}

/** `timer` is one that the orchestrator made, `retryTimer` the wait before a call is tried again by its retry options. */
export type WorkKind = 'activity' | 'http' | 'child' | 'timer' | 'retryTimer';

/** An open task of an orchestration. It stays until a turn has used its completion. */
export interface WorkRow {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly kind: WorkKind;
  /** Function to call; empty for timers. */
  readonly name: string;
  readonly input: string | null;
  /** When a timer is due, in milliseconds since 1970. */
  readonly fireAt: number | null;
  /** JSON of RetryState for tasks with retry options. */
  readonly retry: string | null;
  /** Index in the flattened action list, by which a timer is cancelled. */
  readonly position: number | null;
  readonly done: number;
}

/** One event as stored: its number and its JSON text without `IsPlayed`. */
export interface HistoryRow {
  readonly type: number;
  readonly event: string;
}

/** Which instances a list or a purge is about; times in milliseconds since 1970, inclusive. */
export interface InstanceFilter {
  readonly statuses?: readonly string[];
  readonly createdFrom?: number;
  readonly createdTo?: number;
  readonly idPrefix?: string;
}
