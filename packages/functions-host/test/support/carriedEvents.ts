import type { Run } from './replayCase.ts';

interface LoopInput {
  readonly generation?: number;
  readonly waits: readonly number[];
}

interface SeenEvent {
  readonly EventType: number;
  readonly Timestamp?: string;
  readonly Input?: string;
}

const EXECUTION_STARTED = 0;
const TASK_COMPLETED = 5;
const EVENT_RAISED = 15;

/**
 * Holds a run of `s07_loop` against the rule for external events around continueAsNew (recordings/README.md, finding 7): what
 * stands behind the event that led to it is handed to the next generation, what stands before it is not.
 */
export function eventsAgainstTheRule(run: Run): string[] {
  const generations = lastHistories(run);
  return generations.slice(0, -1).flatMap(({ input, history }, index) => {
    const next = generations[index + 1]?.history.map(({ Input }) => Input) ?? [];
    const { before, behind } = split(input, history);
    return [
      ...behind.filter((event) => !next.includes(event)).map((event) => `generation ${index} lost ${event}`),
      ...before.filter((event) => next.includes(event)).map((event) => `generation ${index} handed on ${event}`),
    ];
  });
}

/** The longest history that each generation was replayed with. */
function lastHistories(run: Run): { input: LoopInput; history: readonly SeenEvent[] }[] {
  const found = new Map<string, { input: LoopInput; history: readonly SeenEvent[] }>();
  for (const { trigger } of run.turns) {
    const { history, input } = trigger as unknown as { history: readonly SeenEvent[]; input: LoopInput };
    const begun = JSON.stringify(input) + history.find(({ EventType }) => EventType === EXECUTION_STARTED)?.Timestamp;
    if (history.length >= (found.get(begun)?.history.length ?? 0)) found.set(begun, { input, history });
  }
  return [...found.values()];
}

/** The external events before and behind the one that lets a generation of `s07_loop` end: its step is done and its events are there. */
function split(input: LoopInput, history: readonly SeenEvent[]): { before: string[]; behind: string[] } {
  const wanted = input.waits[input.generation ?? 0] ?? 0;
  const before: string[] = [];
  const behind: string[] = [];
  let isStepDone = false;
  for (const { EventType, Input = '' } of history) {
    const hasEnded = isStepDone && before.length >= wanted;
    if (EventType === TASK_COMPLETED) isStepDone = true;
    if (EventType === EVENT_RAISED) (hasEnded ? behind : before).push(Input);
  }
  return { before, behind };
}
