/** A task that an orchestration has begun, as its history has it. */
export type BegunStep =
  | { readonly kind: 'activity' | 'orchestration'; readonly name: string }
  | { readonly kind: 'timer'; readonly fireAt: string };

interface HistoryEvent {
  readonly EventType: number;
  readonly EventId: number;
  readonly Name?: string;
  readonly FireAt?: string;
}

/** Numbers of the Durable Task events that begin tasks. */
const TASK_SCHEDULED = 4;
const CHILD_CREATED = 7;
const TIMER_CREATED = 10;

const histories = new WeakMap<object, readonly HistoryEvent[]>();

/** Keeps the history that an orchestrator is called with, by its invocation: the SDK replays it, and shows it to nobody. */
export function rememberHistory(invocation: object, trigger: unknown): void {
  const history = (trigger as { readonly history?: unknown } | null | undefined)?.history;
  if (Array.isArray(history)) histories.set(invocation, history as readonly HistoryEvent[]);
}

/** Tasks that the generation of an orchestration has begun before this turn, in the order of their ids; none where nothing was remembered. */
export function begunSteps(invocation: object): readonly BegunStep[] {
  const begun = (histories.get(invocation) ?? []).filter(({ EventType }) =>
    [TASK_SCHEDULED, CHILD_CREATED, TIMER_CREATED].includes(EventType),
  );
  return begun
    .toSorted((a, b) => a.EventId - b.EventId)
    .map(({ EventType, Name = '', FireAt = '' }) =>
      EventType === TIMER_CREATED
        ? { kind: 'timer', fireAt: FireAt }
        : { kind: EventType === TASK_SCHEDULED ? 'activity' : 'orchestration', name: Name },
    );
}
