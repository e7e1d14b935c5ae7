import { randomUUID } from 'node:crypto';
import { type InstanceFilter, type InstanceRow, isFinished } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { FunctionRegistry } from '../worker/functionRegistry.ts';
import type { Engine } from './engine.ts';
import { EVENT, makeEvent } from './events.ts';
import { endInstance, newInstance } from './finish.ts';

/** Why a request about an orchestration was not carried out. */
export type Refusal = 'not-found' | 'finished' | 'exists' | 'bad-request';

/** Thrown by {@link Orchestrations}; the management API makes an HTTP status of it. */
export class OrchestrationRefusal extends Error {
  override readonly name = 'OrchestrationRefusal';
  readonly refusal: Refusal;

  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

/** What to start. `input` is JSON text. */
export interface StartRequest {
  readonly name: string;
  readonly instanceId?: string | undefined;
  readonly version?: string | undefined;
  readonly input: string | null;
}

const LONGEST_ID = 100;

/** What can be done to orchestrations from outside: start, raise events, end, pause, forget. Each call is one transaction. */
export class Orchestrations {
  readonly #store: Store;
  readonly #engine: Engine;
  readonly #registry: FunctionRegistry;

  constructor(store: Store, engine: Engine, registry: FunctionRegistry) {
    this.#store = store;
    this.#engine = engine;
    this.#registry = registry;
  }

  /** Starts an orchestration and returns its id. A finished one of that id is replaced; a running one is a refusal. */
  start(request: StartRequest): string {
    const target = this.#registry.find(request.name, 'orchestrationtrigger');
    if (target === undefined) {
      const text = `The function '${request.name}' doesn't exist, is disabled, or is not an orchestrator function`;
      throw new OrchestrationRefusal('bad-request', text);
    }
    const id = request.instanceId ?? randomUUID().replaceAll('-', '');
    requireValidId(id);
    this.#store.transaction(() => {
      const existing = this.#store.instance(id);
      if (existing !== undefined && !isFinished(existing.status)) {
        throw new OrchestrationRefusal('exists', `An orchestration with the id '${id}' is ${existing.status} already`);
      }
      if (existing !== undefined) this.#store.deleteInstance(id);
      const version = request.version ?? '';
      this.#store.saveInstance(newInstance({ id, name: target.name, version, input: request.input }));
    });
    this.#engine.forget(id);
    this.#engine.wake(id);
    return id;
  }

  /** Runs the orchestration again with the input of its latest generation, under a new id or its own. Returns the id. */
  restart(id: string, withNewId: boolean): string {
    const { name, version, input } = this.#require(id, 'bad-request');
    return this.start({ name, version, input, instanceId: withNewId ? undefined : id });
  }

  /** `input` is JSON text. */
  raiseEvent(id: string, eventName: string, input: string | null): void {
    this.#change(id, (instance) => {
      const event = makeEvent(EVENT.eventRaised, { Name: eventName, Input: input });
      this.#store.post(instance.id, null, JSON.stringify(event));
    });
  }

  /** Ends it at once: what its activities still return is dropped; its children run on. */
  terminate(id: string, reason: string): void {
    let parent: string | undefined;
    this.#change(id, (instance) => {
      parent = endInstance(this.#store, instance, 'Terminated', reason);
    });
    this.#engine.forget(id);
    if (parent !== undefined) this.#engine.wake(parent);
  }

  /** Takes no further turns until resumed; running activities go on. */
  suspend(id: string, reason: string): void {
    this.#change(id, (instance) => {
      if (instance.status === 'Suspended') return;
      this.#note(instance, EVENT.executionSuspended, reason);
      instance.status = 'Suspended';
      this.#store.saveInstance(instance);
    });
  }

  resume(id: string, reason: string): void {
    this.#change(id, (instance) => {
      if (instance.status !== 'Suspended') return;
      this.#note(instance, EVENT.executionResumed, reason);
      instance.status = instance.historyLength === 0 && instance.generation === 0 ? 'Pending' : 'Running';
      this.#store.saveInstance(instance);
    });
  }

  /** Forgets a finished orchestration; a running one is a refusal. */
  purge(id: string): void {
    const { status } = this.#require(id, 'not-found');
    if (!isFinished(status)) {
      throw new OrchestrationRefusal('exists', `The orchestration '${id}' is ${status}: terminate it first`);
    }
    this.#store.transaction(() => this.#store.deleteInstance(id));
    this.#engine.forget(id);
  }

  /** Forgets all finished ones that the filter names, and returns how many. */
  purgeAll(filter: InstanceFilter): number {
    const all = this.#store.listInstances(filter, '', Number.MAX_SAFE_INTEGER);
    const finished = all.filter((instance) => isFinished(instance.status));
    this.#store.transaction(() => {
      for (const { id } of finished) this.#store.deleteInstance(id);
    });
    for (const { id } of finished) this.#engine.forget(id);
    return finished.length;
  }

  /** Changes a living instance in one transaction and has it take a turn. */
  #change(id: string, change: (instance: InstanceRow) => void): void {
    this.#store.transaction(() => {
      const instance = this.#require(id, 'not-found');
      if (isFinished(instance.status)) {
        throw new OrchestrationRefusal('finished', `The orchestration '${id}' is ${instance.status}`);
      }
      change(instance);
    });
    this.#engine.wake(id);
  }

  #require(id: string, refusal: Refusal): InstanceRow {
    const instance = this.#store.instance(id);
    if (instance === undefined) throw new OrchestrationRefusal(refusal, `There is no orchestration '${id}'`);
    return instance;
  }

  #note(instance: InstanceRow, type: number, reason: string): void {
    instance.updated = Date.now();
    // An empty history is the mark of a generation that has not begun.
    if (instance.historyLength === 0) return;
    const event = makeEvent(type, { Reason: reason });
    this.#store.appendHistory(instance.id, instance.historyLength++, type, JSON.stringify(event));
  }
}

/** The rule of the durable extension for instance ids. */
function requireValidId(id: string): void {
  const isControl = (character: string): boolean => character < ' ' || (character >= '\u007f' && character <= '\u009f');
  const isValid = id !== '' && id.length <= LONGEST_ID && !id.startsWith('@') && !/[/\\#?]/.test(id);
  if (isValid && ![...id].some(isControl)) return;
  throw new OrchestrationRefusal(
    'bad-request',
    `Instance ids have 1 to ${LONGEST_ID} characters, do not start with @, and hold no / \\ # ? or control characters`,
  );
}
