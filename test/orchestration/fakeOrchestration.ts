import type { OrchestrationContext, OrchestrationHandler } from 'durable-functions';
import type { z } from 'zod';
import { STEP_INPUTS } from './stepInputs.ts';

/** What an orchestrator asked for. */
export type Action =
  | { readonly kind: 'activity'; readonly name: string; readonly input: unknown }
  | { readonly kind: 'orchestration'; readonly name: string; readonly input: unknown; readonly id: string | null }
  | { readonly kind: 'timer'; readonly waitMs: number }
  | { readonly kind: 'event'; readonly name: string }
  | { readonly kind: 'all'; readonly actions: readonly Action[] }
  | { readonly kind: 'any'; readonly actions: readonly Action[] };

/** Answers an activity or sub-orchestration; what it throws fails the task. `atMs` is the orchestration's time, `advance` moves it. */
export type Answerer = (name: string, input: unknown, clock: { ms: number }) => unknown;

/** One run of an orchestrator up to its end or to its starting over. */
export interface Run {
  readonly output: unknown;
  /** Input of the next generation, undefined where it ended. */
  readonly continuedAsNew: unknown;
  readonly actions: readonly Action[];
  readonly statuses: readonly unknown[];
  readonly clockMs: number;
}

interface Step {
  readonly action: Action;
  readonly outcome: { readonly value: unknown } | { readonly error: unknown };
  readonly clockMs: number;
}

const BEGIN_MS = Date.UTC(2026, 0, 1);
const MAX_STEPS = 5_000;

/**
 * Drives an orchestrator by hand, as the extension does: each yield is an action, answered by `answer`; timers move the
 * clock, and each activity's input is one that it reads. The run is then replayed from its own history on a fresh generator, which must ask for exactly the same.
 */
export function drive(orchestrator: OrchestrationHandler, input: unknown, answer: Answerer, beginMs = BEGIN_MS): Run {
  const steps: Step[] = [];
  const first = play(orchestrator, input, beginMs, (action, clock) => {
    const outcome = settle(action, clock, answer);
    steps.push({ action, outcome, clockMs: clock.ms });
    return outcome;
  });
  let position = 0;
  const second = play(orchestrator, input, beginMs, (action, clock) => {
    const step = steps[position++];
    if (step === undefined || JSON.stringify(step.action) !== JSON.stringify(action)) {
      throw new Error(
        `Replay differs at step ${position}: ${JSON.stringify(action)} instead of ${JSON.stringify(step?.action)}`,
      );
    }
    clock.ms = step.clockMs;
    return step.outcome;
  });
  if (JSON.stringify(first) !== JSON.stringify(second)) throw new Error('Replay ends otherwise than the first run');
  return first;
}

function play(
  orchestrator: OrchestrationHandler,
  input: unknown,
  beginMs: number,
  onAction: (action: Action, clock: { ms: number }) => Step['outcome'],
): Run {
  const clock = { ms: beginMs };
  const statuses: unknown[] = [];
  const actions: Action[] = [];
  let continuedAsNew: unknown;
  const asked = new Set<Action>();
  const ended = new WeakSet<Action>();
  /** Hidden, so that it is no part of the action that a replay must repeat. */
  const asTask = <T extends Action>(action: T): T =>
    Object.defineProperty(action, 'isCompleted', { get: () => ended.has(action) });
  const df = {
    instanceId: 'instance',
    getInput: () => structuredClone(input),
    get currentUtcDateTime() {
      return new Date(clock.ms);
    },
    // Inputs are JSON in histories: what JSON cannot hold must be lost here too.
    callActivity: (name: string, of: unknown): Action => {
      const input = JSON.parse(JSON.stringify(of ?? null)) as unknown;
      // What is followed by its name alone has no input.
      if (input !== null) (STEP_INPUTS as Readonly<Record<string, z.ZodType>>)[name]?.parse(input);
      return asTask({ kind: 'activity', name, input });
    },
    callSubOrchestrator: (name: string, of: unknown, id: string | null = null): Action =>
      asTask({ kind: 'orchestration', name, input: JSON.parse(JSON.stringify(of ?? null)), id }),
    createTimer: (fireAt: Date): FakeTimer => new FakeTimer(fireAt.getTime() - clock.ms),
    waitForExternalEvent: (name: string): Action => ({ kind: 'event', name }),
    Task: {
      all: (tasks: Action[]): Action => ({ kind: 'all', actions: tasks }),
      any: (tasks: Action[]): Action => ({ kind: 'any', actions: tasks }),
    },
    continueAsNew: (next: unknown) => {
      continuedAsNew = JSON.parse(JSON.stringify(next));
    },
    setCustomStatus: (status: unknown) => void statuses.push(status),
  };
  const generator = orchestrator({ df, warn: () => undefined } as unknown as OrchestrationContext) as Generator<
    unknown,
    unknown,
    unknown
  >;
  let result = generator.next();
  while (result.done !== true) {
    const action = result.value as Action;
    // A task that was part of another one is scheduled once, and may be waited for again.
    if (!asked.has(action)) actions.push(action);
    const leaves = leavesOf([action]);
    for (const one of leaves) asked.add(one);
    if (actions.length > MAX_STEPS) throw new Error('The orchestration does not end');
    const outcome = onAction(action, clock);
    const isFired = action.kind === 'any' && 'value' in outcome && outcome.value === 'timer';
    for (const one of leaves) {
      if (!(one instanceof FakeTimer)) ended.add(one);
      else if (isFired) one.fire();
    }
    result = 'value' in outcome ? generator.next(outcome.value) : generator.throw(outcome.error);
  }
  return { output: result.value, continuedAsNew, actions, statuses, clockMs: clock.ms };
}

const settled = new WeakMap<Action, Step['outcome']>();

/** A timer of a {@link drive}n orchestrator: cancelling it shows in nothing but itself. */
class FakeTimer {
  readonly kind = 'timer';
  readonly waitMs: number;
  /** Private, so that it is no part of the action that a replay must repeat. */
  #hasFired = false;

  constructor(waitMs: number) {
    this.waitMs = waitMs;
  }

  get isCompleted(): boolean {
    return this.#hasFired;
  }

  fire(): void {
    this.#hasFired = true;
  }

  cancel(): void {
    if (this.#hasFired) throw new Error('A timer that has fired cannot be cancelled');
  }
}

function settle(action: Action, clock: { ms: number }, answer: Answerer): Step['outcome'] {
  let outcome = settled.get(action);
  if (outcome !== undefined) return outcome;
  try {
    outcome = { value: resultOf(action, clock, answer) };
  } catch (error) {
    outcome = { error };
  }
  settled.set(action, outcome);
  return outcome;
}

function resultOf(action: Action, clock: { ms: number }, answer: Answerer): unknown {
  switch (action.kind) {
    case 'timer':
      clock.ms += action.waitMs;
      return undefined;
    case 'event':
      return JSON.parse(JSON.stringify(answer(action.name, null, clock) ?? null));
    case 'any': {
      // The event comes where the answerer gives something for it; else the timer fires. The winner is all that is told.
      const event = action.actions.find(({ kind }) => kind === 'event');
      if (event !== undefined && resultOf(event, clock, answer) !== null) return 'event';
      // Other work is never late here: timers are cancelled then.
      const work = leavesOf(action.actions).filter(({ kind }) => kind === 'activity' || kind === 'orchestration');
      for (const one of work) settle(one, clock, answer);
      if (work.length > 0) return 'work';
      for (const one of action.actions) if (one.kind === 'timer') resultOf(one, clock, answer);
      return 'timer';
    }
    case 'all':
      return valuesOf(action.actions.map((one) => settle(one, clock, answer)));
    case 'activity':
    case 'orchestration':
      return JSON.parse(JSON.stringify(answer(action.name, action.input, clock) ?? null));
  }
}

/** Tasks that actions begin, depth first. */
export function leavesOf(actions: readonly Action[]): Action[] {
  return actions.flatMap((one) => (one.kind === 'all' || one.kind === 'any' ? leavesOf(one.actions) : [one]));
}

/** Values of tasks that are waited for together; the first failure, where one failed: the others have run all the same. */
function valuesOf(outcomes: readonly Step['outcome'][]): unknown[] {
  return outcomes.map((outcome) => {
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  });
}

/**
 * Names of activities and orchestrations in their order, timers as `wait 2000`, parallel ones as `[a b]`, also where they are
 * waited for up to a time only, and those of which one is enough as `(a b)`.
 */
export function show(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    if (action.kind === 'timer') return `wait ${action.waitMs}`;
    if (action.kind === 'all') return `[${show(action.actions).join(' ')}]`;
    if (action.kind !== 'any') return action.name;
    const [first] = action.actions;
    return first?.kind === 'all' ? show([first]).join('') : `(${show(action.actions).join(' ')})`;
  });
}
