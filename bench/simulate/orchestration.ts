import type { OrchestrationContext, OrchestrationHandler } from 'durable-functions';
import { HistorySize } from './historySize.ts';
import { allOf, anyOf, VirtualTask } from './virtualTask.ts';

/** What an orchestration gets from the hub that it runs in. Payloads are JSON. */
export interface HubServices {
  readonly nowMs: () => number;
  startActivity(name: string, input: unknown, onDone: (result: unknown) => void): void;
  startChild(name: string, input: unknown, onDone: (result: unknown) => void): void;
  startTimer(ms: number, onDone: () => void): void;
  /** A message to the orchestration is on its way; `deliver` is called when its turn is due. */
  send(deliver: () => void): void;
  /** A turn has ended: its history stands at that size now, and it has written so many rows. */
  onTurn(name: string, history: HistorySize, rowsWritten: number): void;
}

/**
 * One orchestration that runs a real orchestrator, generation after generation. Its generator is kept between turns in place
 * of being replayed: it asks for the same, only sooner.
 */
export class Orchestration {
  readonly #name: string;
  readonly #orchestrator: OrchestrationHandler;
  readonly #hub: HubServices;
  readonly #onEnd: (output: unknown) => void;
  #generator: Generator<unknown, unknown, unknown> | null = null;
  #awaited: VirtualTask | null = null;
  #history = new HistorySize();
  #rowsBefore = 0;
  #inbox: (() => void)[] = [];
  #nextInput: { readonly value: unknown } | null = null;

  constructor(
    name: string,
    orchestrator: OrchestrationHandler,
    hub: HubServices,
    input: unknown,
    onEnd: (output: unknown) => void,
  ) {
    this.#name = name;
    this.#orchestrator = orchestrator;
    this.#hub = hub;
    this.#onEnd = onEnd;
    this.#begin(input);
  }

  #begin(input: unknown): void {
    const history = new HistorySize();
    this.#receive(() => {
      this.#history = history;
      this.#rowsBefore = 0;
      history.add(JSON.stringify(input));
      this.#generator = this.#orchestrator(this.#context(input)) as Generator<unknown, unknown, unknown>;
      this.#awaited = new VirtualTask();
      this.#awaited.complete(undefined);
    });
  }

  /** Messages that come while a turn is due are dealt with in it. */
  #receive(message: () => void): void {
    this.#inbox.push(message);
    if (this.#inbox.length === 1) this.#hub.send(() => this.#takeTurn());
  }

  #takeTurn(): void {
    const messages = this.#inbox;
    this.#inbox = [];
    for (const message of messages) message();
    // The rows OrchestratorStarted and OrchestratorCompleted.
    this.#history.add(null);
    const output = this.#goOn();
    this.#history.add(null);
    this.#hub.onTurn(this.#name, this.#history, this.#history.events - this.#rowsBefore);
    this.#rowsBefore = this.#history.events;
    if (output !== null) this.#onEnd(output.value);
    else if (this.#nextInput !== null) {
      const { value } = this.#nextInput;
      this.#nextInput = null;
      this.#begin(value);
    }
  }

  /** Goes on as far as results are there; the output where the orchestration has ended. */
  #goOn(): { readonly value: unknown } | null {
    while (this.#generator !== null && this.#awaited?.isCompleted === true) {
      const step = this.#generator.next(this.#awaited.result);
      if (step.done !== true) {
        this.#awaited = step.value as VirtualTask;
        continue;
      }
      this.#generator = null;
      if (this.#nextInput !== null) return null;
      this.#history.add(JSON.stringify(step.value));
      return { value: step.value };
    }
    return null;
  }

  /** The part of the SDK's context that orchestrators use. */
  #context(input: unknown): OrchestrationContext {
    const { nowMs } = this.#hub;
    const df = {
      instanceId: this.#name,
      isReplaying: false,
      getInput: () => input,
      get currentUtcDateTime() {
        return new Date(nowMs());
      },
      callActivity: (name: string, of: unknown) =>
        this.#task(of, (onDone) => this.#hub.startActivity(name, of, onDone)),
      callSubOrchestrator: (name: string, of: unknown) =>
        this.#task(of, (onDone) => this.#hub.startChild(name, of, onDone)),
      createTimer: (fireAt: Date) =>
        this.#task(null, (onDone) => this.#hub.startTimer(fireAt.getTime() - nowMs(), () => onDone(null))),
      waitForExternalEvent: () => new VirtualTask(),
      Task: { all: allOf, any: anyOf },
      continueAsNew: (value: unknown) => {
        this.#nextInput = { value };
      },
      setCustomStatus: () => undefined,
    };
    return { df, warn: () => undefined } as unknown as OrchestrationContext;
  }

  #task(input: unknown, start: (onDone: (result: unknown) => void) => void): VirtualTask {
    const task = new VirtualTask();
    const history = this.#history;
    history.add(JSON.stringify(input));
    start((result) =>
      this.#receive(() => {
        // What belongs to an earlier generation is dropped, as the extension does.
        if (history !== this.#history) return;
        history.add(JSON.stringify(result));
        task.complete(result);
      }),
    );
    return task;
  }
}
