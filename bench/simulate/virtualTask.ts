/**
 * What an orchestrator waits for, with the two fields of the SDK's tasks that orchestrators look at. Failed tasks are not
 * modelled: nothing is lost here.
 */
export class VirtualTask {
  readonly isFaulted = false;
  #isCompleted = false;
  #result: unknown;
  #listeners: (() => void)[] = [];

  get isCompleted(): boolean {
    return this.#isCompleted;
  }

  get result(): unknown {
    return this.#result;
  }

  complete(result: unknown): void {
    if (this.#isCompleted) return;
    this.#isCompleted = true;
    this.#result = result;
    for (const listener of this.#listeners) listener();
    this.#listeners = [];
  }

  /** Nothing is left to do where a timer is given up: it fires for nobody. */
  cancel(): void {
    this.complete(undefined);
  }

  /** Calls back when the task is completed, at once where it is. */
  whenCompleted(listener: () => void): void {
    if (this.#isCompleted) listener();
    else this.#listeners.push(listener);
  }
}

/** All results, in the order of the tasks. */
export function allOf(tasks: readonly VirtualTask[]): VirtualTask {
  const all = new VirtualTask();
  let open = tasks.length;
  const close = () => {
    open--;
    if (open <= 0) all.complete(tasks.map(({ result }) => result));
  };
  if (tasks.length === 0) close();
  for (const task of tasks) task.whenCompleted(close);
  return all;
}

/** The first task that is completed: its result is that task, as in the SDK. */
export function anyOf(tasks: readonly VirtualTask[]): VirtualTask {
  const any = new VirtualTask();
  for (const task of tasks) task.whenCompleted(() => any.complete(task));
  return any;
}
