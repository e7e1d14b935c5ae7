import { createRequire } from 'node:module';
import type { OrchestrationHandler } from 'durable-functions';
import { rememberHistory } from '../../src/orchestrators/begunSteps.ts';

/** What an orchestrator has begun: an activity, another orchestration or a timer, with the milliseconds at which it began and ended. */
export interface Begun {
  readonly name: string;
  readonly input: unknown;
  readonly atMs: number;
  endMs: number;
}

/** How long a piece of work takes, and what it comes to: a value, or the text that it fails by. */
export type Worker = (work: Begun) => { readonly takesMs: number; readonly value?: unknown; readonly error?: string };

/** One generation of an orchestration, up to its end or to its starting over. */
export interface GenerationRun {
  readonly output: unknown;
  /** Input of the next generation, undefined where it ended. */
  readonly continuedAsNew: unknown;
  readonly begun: readonly Begun[];
  /** Work that was still under way at its end. */
  readonly left: readonly Begun[];
  /** Most tasks in one turn that the orchestrator had asked for, and that the extension did not begin yet. */
  readonly behind: number;
  /** Rows of the history. */
  readonly events: number;
  readonly endMs: number;
}

interface Action {
  readonly actionType: number;
  readonly functionName?: string;
  readonly input?: unknown;
  readonly fireAt?: string;
  readonly isCanceled?: boolean;
  readonly compoundActions?: readonly Action[];
}
interface Answer {
  readonly isDone: boolean;
  readonly actions: readonly [readonly Action[]];
  readonly output?: unknown;
}
interface Sdk {
  readonly Orchestrator: new (
    of: OrchestrationHandler,
  ) => { listen(): (trigger: unknown, context: object) => Promise<unknown> };
}

// The SDK has no public way to take a turn without a host.
const { Orchestrator } = createRequire(import.meta.url)(
  'durable-functions/lib/src/orchestrations/Orchestrator.js',
) as Sdk;

const CHILD = 2;
const CONTINUE_AS_NEW = 4;
const TIMER = 5;
const ANY = 11;
const ALL = 12;
const BEGIN_MS = Date.UTC(2026, 0, 1);
const MAX_TURNS = 2_000;

/**
 * Runs one generation with the real SDK, and gives it what the Durable Task extension would, by its rules for schema 3
 * (`ProcessAsyncActionsV2` of its OutOfProcOrchestrationShim): the SDK's actions are taken in their order, and none is begun
 * before the one before it is done. What completes at one time comes in one turn.
 */
export async function runOnExtension(
  orchestrator: OrchestrationHandler,
  input: unknown,
  worker: Worker,
  beginMs = BEGIN_MS,
): Promise<GenerationRun> {
  const extension = new Extension(worker, beginMs);
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const trigger = { ...extension.trigger(), input: structuredClone(input), instanceId: 'instance' };
    const invocation = { warn: () => undefined };
    rememberHistory(invocation, trigger);
    const answered = await new Orchestrator(orchestrator).listen()(trigger, invocation);
    const answer = JSON.parse(JSON.stringify(answered)) as Answer;
    extension.take(answer.actions[0]);
    if (answer.isDone) return extension.end(answer);
    extension.advance();
  }
  throw new Error('The orchestration does not end');
}

class Extension {
  readonly #worker: Worker;
  readonly #begun: (Begun & { readonly completion: object; isCancelled: boolean })[] = [];
  readonly #completed = new Set<number>();
  readonly #history: object[] = [];
  #nowMs: number;
  #behind = 0;

  constructor(worker: Worker, beginMs: number) {
    this.#worker = worker;
    this.#nowMs = beginMs;
    this.#add(12);
    this.#add(0, { Name: 'orchestration', Input: null });
  }

  trigger(): object {
    return {
      history: structuredClone(this.#history),
      isReplaying: false,
      upperSchemaVersion: 1,
      upperSchemaVersionNew: 3,
      longRunningTimerIntervalDuration: '3.00:00:00',
      maximumShortTimerDuration: '6.00:00:00',
      defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
    };
  }

  /** Replays the actions, and begins those that are new and whose turn has come. */
  take(actions: readonly Action[]): void {
    let nextId = 0;
    const isDone = (action: Action): boolean => {
      if (action.actionType === CONTINUE_AS_NEW) return true;
      if (action.actionType === ANY) return (action.compoundActions ?? []).map(isDone).some(Boolean);
      if (action.actionType === ALL) return (action.compoundActions ?? []).map(isDone).every(Boolean);
      const id = nextId++;
      this.#begin(id, action);
      return action.isCanceled === true || this.#completed.has(id);
    };
    const reached = actions.findIndex((action) => !isDone(action));
    if (reached >= 0) this.#behind = Math.max(this.#behind, actions.length - 1 - reached);
    this.#add(13);
  }

  /** Waits for what completes next. */
  advance(): void {
    const next = Math.min(...this.#open().map(([, { endMs }]) => endMs));
    if (next === Infinity) throw new Error('The orchestration waits for nothing');
    this.#nowMs = next;
    this.#add(12);
    for (const [id, { completion, endMs }] of this.#open()) {
      if (endMs > next) continue;
      this.#completed.add(id);
      this.#history.push({ ...completion, ...this.#stamp() });
    }
  }

  end({ actions: [actions], output }: Answer): GenerationRun {
    return {
      output,
      continuedAsNew: actions.find(({ actionType }) => actionType === CONTINUE_AS_NEW)?.input,
      begun: this.#begun,
      left: this.#open().map(([, one]) => one),
      behind: this.#behind,
      events: this.#history.length,
      endMs: this.#nowMs,
    };
  }

  #begin(id: number, action: Action): void {
    const { actionType, functionName: name = 'timer', input, fireAt } = action;
    const known = this.#begun[id];
    if (known !== undefined) {
      if (known.name !== name) throw new Error(`Non-Deterministic workflow detected: ${name} instead of ${known.name}`);
      // For good, as on the local host. The extension fires it all the same where nobody cancels it any more.
      known.isCancelled ||= action.isCanceled === true;
      return;
    }
    const work: Begun = { name, input, atMs: this.#nowMs, endMs: Infinity };
    if (actionType === TIMER) {
      const endMs = Date.parse(fireAt ?? '');
      this.#begun.push({
        ...work,
        endMs,
        completion: { EventType: 11, TimerId: id, FireAt: fireAt },
        isCancelled: false,
      });
      this.#add(10, { EventId: id, FireAt: fireAt });
      return;
    }
    const isChild = actionType === CHILD;
    const { takesMs, value = null, error } = this.#worker(work);
    const completion =
      error === undefined
        ? { EventType: isChild ? 8 : 5, TaskScheduledId: id, Result: JSON.stringify(value) }
        : { EventType: isChild ? 9 : 6, TaskScheduledId: id, Reason: error, Details: '{}' };
    this.#begun.push({ ...work, endMs: this.#nowMs + takesMs, completion, isCancelled: false });
    this.#add(isChild ? 7 : 4, { EventId: id, Name: name });
  }

  #open() {
    return [...this.#begun.entries()].filter(([id, one]) => !this.#completed.has(id) && !one.isCancelled);
  }

  #add(EventType: number, fields: object = {}): void {
    this.#history.push({ EventType, EventId: -1, ...fields, ...this.#stamp() });
  }

  #stamp(): object {
    return { IsPlayed: false, Timestamp: new Date(this.#nowMs).toISOString() };
  }
}
