interface Waiting {
  readonly amount: number;
  readonly letIn: () => void;
}

/**
 * What all work of a process may hold of something at once, whichever migration it is of: what comes when nothing is left
 * waits, in order of arrival, until others have given back. Whoever waits may hold some already, as long as giving that back
 * does not depend on what it waits for.
 */
export class Budget {
  readonly #limit: number;
  #taken = 0;
  readonly #waiting: Waiting[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits for an amount and gives the function that gives it back. More than there is at all goes alone. Throws the signal's reason. */
  async take(amount: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#waiting.length === 0 && this.#fits(amount)) this.#taken += amount;
    else await this.#wait(amount, signal);
    return () => {
      this.#taken -= amount;
      this.#letIn();
    };
  }

  async #wait(amount: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const one: Waiting = { amount, letIn: resolve };
    const leave = () => {
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      reject(signal?.reason);
      this.#letIn();
    };
    this.#waiting.push(one);
    signal?.addEventListener('abort', leave);
    // Whoever is let in is in no queue any more.
    const cease = () => signal?.removeEventListener('abort', leave);
    await promise.finally(cease);
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.amount); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#taken += next.amount;
      next.letIn();
    }
  }

  #fits(amount: number): boolean {
    return this.#taken === 0 || this.#taken + amount <= this.#limit;
  }
}
