import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import { isNewer, MESSAGE_VERSION, type Versioned, versionOf } from '../contract/messageVersion.ts';
import { type BegunStep, begunSteps } from './begunSteps.ts';
import { settleAll } from './settleAll.ts';

/** What becomes of a generation that another release of the app has begun. */
export interface OtherRelease<I extends Versioned> {
  /** Input of the generation that does all of this one again. Called as this one begins, so that it finds that time. */
  readonly again: (context: OrchestrationContext, input: I) => I;
  /** Ends what a newer release has begun, after the steps that it began: by its output, or by going on with an input of its own. */
  readonly refuse: (
    context: OrchestrationContext,
    input: I,
    begun: readonly BegunStep[],
  ) => { readonly output: unknown } | { readonly continueWith: I };
}

/** Times that a generation is begun again because its history does not fit: more is no deployment, but a fault of the program. */
const MAX_RESTARTS = 5;

/**
 * An orchestrator that outlives deployments in its middle. A history can be replayed only by the steps that it was made by.
 * Where these are others by now, the steps of the history are followed by their names until they have ended, and the
 * generation is begun again from its input: whatever it had done stands there already. Without this the extension ends the
 * instance, and nothing that should follow its work is done.
 */
export function survivingDeployments<I extends Versioned>(
  orchestrator: OrchestrationHandler,
  other: OtherRelease<I>,
): OrchestrationHandler {
  return function* (context): Generator<Task, unknown, unknown> {
    const begun = begunSteps(context);
    const input = context.df.getInput() as I & { readonly restarts?: number };
    if (isNewer(input)) {
      const end = other.refuse(context, input, begun);
      yield* follow(context, begun);
      if ('output' in end) return end.output;
      context.df.continueAsNew(end.continueWith);
      return undefined;
    }
    const restarts = (input.restarts ?? 0) + 1;
    const again = { ...other.again(context, input), version: MESSAGE_VERSION, restarts };
    if (versionOf(input) < MESSAGE_VERSION && begun.length > 0) return yield* beginAgain(context, [], begun, again);
    if (restarts > MAX_RESTARTS) return yield* orchestrator(context) as Generator<Task, unknown, unknown>;

    const watch = new Watch(context);
    const inner = orchestrator(watch.context) as Generator<Task, unknown, unknown>;
    let position = 0;
    let advance = () => inner.next();
    for (;;) {
      let result: IteratorResult<Task, unknown>;
      try {
        result = advance();
      } catch (error) {
        // Answers that other steps gave may be anything to these.
        if (position < begun.length) return yield* beginAgain(context, watch.underWay(), begun.slice(position), again);
        throw error;
      }
      const steps = result.done === true ? [] : watch.freshSteps(result.value);
      const isEndedEarly = result.done === true && position < begun.length;
      if (isEndedEarly || !steps.every((step, index) => fits(step, begun[position + index]))) {
        return yield* beginAgain(context, watch.underWay(), begun.slice(position), again);
      }
      if (result.done === true) {
        if (watch.continuation !== null) {
          context.df.continueAsNew({ ...watch.continuation.input, version: MESSAGE_VERSION });
        }
        return result.value;
      }
      position += steps.length;
      watch.begin(result.value);
      try {
        const value = yield result.value;
        advance = () => inner.next(value);
      } catch (error) {
        advance = () => inner.throw(error);
      }
    }
  };
}

function fits(step: BegunStep, begun: BegunStep | undefined): boolean {
  if (begun === undefined) return true;
  return step.kind === begun.kind && (step.kind === 'timer' || step.name === (begun as typeof step).name);
}

/** Waits for what is under way and for the steps that are left of the history, and starts over. */
function* beginAgain(
  context: OrchestrationContext,
  underWay: readonly Task[],
  rest: readonly BegunStep[],
  input: unknown,
): Generator<Task, undefined, unknown> {
  yield* follow(context, rest);
  yield* settleAll(underWay);
  // No turn comes here again: the next one is the new generation's.
  context.warn(JSON.stringify({ event: 'begun-again', migration: context.df.instanceId, steps: rest.length }));
  context.df.continueAsNew(input);
  return undefined;
}

/** Takes the steps of a history as it has them, all at once: by name and order alone the runtime knows them again. */
function* follow(context: OrchestrationContext, steps: readonly BegunStep[]): Generator<Task, void, unknown> {
  const { df } = context;
  const tasks = steps.map((step): Task => {
    if (step.kind === 'timer') {
      return df.createTimer(new (df.currentUtcDateTime.constructor as DateConstructor)(step.fireAt));
    }
    return step.kind === 'activity' ? df.callActivity(step.name) : df.callSubOrchestrator(step.name);
  });
  if (tasks.length === 0) return;
  // A timer that was cancelled never fires, and which were, a history does not tell: so one of all, and then each of the others.
  yield df.Task.any(tasks);
  yield* settleAll(tasks.filter((_task, index) => steps[index]?.kind !== 'timer'));
}

/** Sees which steps an orchestrator takes, and keeps it from starting over before they were looked at. */
class Watch {
  readonly context: OrchestrationContext;
  continuation: { readonly input: object } | null = null;
  /** Steps of a task that is not begun yet: one, or several that are waited for together. */
  readonly #steps = new WeakMap<Task, readonly (readonly [Task, BegunStep])[]>();
  readonly #begun = new Map<Task, BegunStep>();

  constructor(context: OrchestrationContext) {
    const { df } = context;
    const df2 = overlay(df, {
      callActivity: (name: string, input?: unknown) =>
        this.#note(df.callActivity(name, input), { kind: 'activity', name }),
      callSubOrchestrator: (name: string, input?: unknown, id?: string, version?: string) =>
        this.#note(df.callSubOrchestrator(name, input, id, version), { kind: 'orchestration', name }),
      createTimer: (fireAt: Parameters<typeof df.createTimer>[0]) =>
        this.#note(df.createTimer(fireAt), { kind: 'timer', fireAt: fireAt.toISOString() }),
      Task: {
        all: (tasks: Task[]) => this.#noteAll(df.Task.all(tasks), tasks),
        any: (tasks: Task[]) => this.#noteAll(df.Task.any(tasks), tasks),
      },
      continueAsNew: (input: object) => {
        this.continuation = { input };
      },
    });
    this.context = overlay(context, { df: df2 });
  }

  /** Steps that waiting for the task begins, in the order of their ids. */
  freshSteps(task: Task): readonly BegunStep[] {
    return this.#fresh(task).map(([, step]) => step);
  }

  begin(task: Task): void {
    for (const [one, step] of this.#fresh(task)) this.#begun.set(one, step);
  }

  /** Activities and orchestrations that are begun and have not ended. */
  underWay(): readonly Task[] {
    const begun = [...this.#begun].filter(([, { kind }]) => kind !== 'timer').map(([task]) => task);
    return begun.filter((task) => !task.isCompleted && !task.isFaulted);
  }

  #fresh(task: Task): readonly (readonly [Task, BegunStep])[] {
    return (this.#steps.get(task) ?? []).filter(([one]) => !this.#begun.has(one));
  }

  #note<T extends Task>(task: T, step: BegunStep): T {
    this.#steps.set(task, [[task, step]]);
    return task;
  }

  #noteAll<T extends Task>(task: T, parts: readonly Task[]): T {
    this.#steps.set(
      task,
      parts.flatMap((part) => this.#steps.get(part) ?? []),
    );
    return task;
  }
}

/** The object with some members in place of its own. Its methods go on to work on the object itself. */
function overlay<T extends object>(of: T, members: Readonly<Record<string, unknown>>): T {
  return new Proxy(of, {
    get(target, key) {
      if (typeof key === 'string' && Object.hasOwn(members, key)) return members[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
