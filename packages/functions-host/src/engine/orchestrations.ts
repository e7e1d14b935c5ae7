import { randomUUID } from 'node:crypto';
import { type InstanceFilter, type InstanceRow, isFinished } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { EVENT, type HistoryEvent, makeEvent } from './events.ts';
import { newInstance } from './finish.ts';
import { hostTime } from './hostTime.ts';

/** Why a request about an orchestration was not carried out. */
export type Refusal = 'not-found' | 'finished' | 'exists' | 'unfinished' | 'wrong-state' | 'bad-request';

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

/** Starts of one id that come within this time find no instance yet: all are accepted, and the first one runs. */
const SIMULTANEOUS_MS = 50;

/**
 * What can be done to orchestrations from outside: start, raise events, end, pause, forget. Each call is one transaction. As
 * in the extension the words terminate, suspend and resume are messages, which the orchestration takes a while later.
 */
export class Orchestrations {
  readonly #store: Store;
  readonly #engine: Engine;

  constructor(store: Store, engine: Engine) {
    this.#store = store;
    this.#engine = engine;
  }

  /**
   * Starts an orchestration and returns its id. A finished one of that id is replaced; a running one is a refusal. An unknown
   * function is none: its instance fails.
   */
  start({ name, input, version = '', instanceId }: StartRequest): string {
    const id = instanceId ?? randomUUID().replaceAll('-', '');
    const isNew = this.#store.transaction(() => {
      const existing = this.#store.instance(id);
      if (existing !== undefined && !isFinished(existing.status)) {
        if (hostTime() - existing.created < SIMULTANEOUS_MS) return false;
        throw new OrchestrationRefusal('exists', `An orchestration with the id '${id}' is ${existing.status} already`);
      }
      if (existing !== undefined) this.#store.deleteInstance(id);
      const generation = existing === undefined ? 0 : existing.generation + 1;
      this.#store.saveInstance(newInstance({ id, name, version, input, generation }));
      return true;
    });
    if (!isNew) return id;
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
  raiseEvent(id: string, eventName: string, input: string): void {
    this.#post(id, makeEvent(EVENT.eventRaised, { Name: eventName, Input: input }));
    this.#engine.wake(id);
  }

  /** Has it end: what its activities still return is dropped; its children run on. */
  terminate(id: string, reason: string | null): void {
    this.#post(id, makeEvent(EVENT.executionTerminated, { Input: reason }));
    this.#engine.wakeLater(id);
  }

  /** Has it schedule nothing more until resumed; running activities go on. */
  suspend(id: string, reason: string | null): void {
    this.#post(id, makeEvent(EVENT.executionSuspended, { Reason: reason }), 'suspend');
    this.#engine.wakeLater(id);
  }

  /** Refused, as in the extension, where a suspension has not taken effect yet. */
  resume(id: string, reason: string | null): void {
    this.#post(id, makeEvent(EVENT.executionResumed, { Reason: reason }), 'resume');
    this.#engine.wakeLater(id);
  }

  /** Forgets a finished orchestration; a running one is a refusal. */
  purge(id: string): void {
    const { status } = this.#require(id, 'not-found');
    if (!isFinished(status)) {
      throw new OrchestrationRefusal('unfinished', `The orchestration '${id}' is ${status}: terminate it first`);
    }
    this.#store.transaction(() => this.#store.deleteInstance(id));
    this.#engine.forget(id);
  }

  /** The extension would run the failed steps of a failed orchestration again; this host only knows which ones are none. */
  refuseRewind(id: string): void {
    const { status } = this.#require(id, 'not-found');
    if (status === 'Failed') return;
    throw new OrchestrationRefusal(
      'unfinished',
      `The orchestration '${id}' is ${status}: only a failed one can be rewound`,
    );
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

  /** Leaves a message to a living instance, which must not be suspended for `suspend` and must be for `resume`. */
  #post(id: string, event: HistoryEvent, word?: 'suspend' | 'resume'): void {
    this.#store.transaction(() => {
      const { status } = this.#require(id, 'not-found');
      if (isFinished(status)) throw new OrchestrationRefusal('finished', `The orchestration '${id}' is ${status}`);
      if (word !== undefined && (status === 'Suspended') === (word === 'suspend')) {
        const text = `Cannot ${word} the orchestration instance ${id} because instance is in the ${status} state.`;
        throw new OrchestrationRefusal('wrong-state', text);
      }
      this.#store.post(id, null, JSON.stringify(event));
    });
  }

  #require(id: string, refusal: Refusal): InstanceRow {
    const instance = this.#store.instance(id);
    if (instance === undefined) throw new OrchestrationRefusal(refusal, `There is no orchestration '${id}'`);
    return instance;
  }
}
