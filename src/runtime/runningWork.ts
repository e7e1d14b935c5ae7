/** What runs in this process now, so that its end can be waited for. */
export class RunningWork {
  readonly #running = new Set<Promise<unknown>>();

  /** Runs a piece of work, which is waited for by {@link ended}. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    const known = running.catch(() => undefined).finally(() => this.#running.delete(known));
    this.#running.add(known);
    return await running;
  }

  /** Fulfilled when nothing runs any more, work that began meanwhile included, or after so many milliseconds. */
  async ended(limitMs: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => resolve('late'), limitMs);
    while (this.#running.size > 0 && (await Promise.race([Promise.all(this.#running), late])) !== 'late');
    clearTimeout(timer);
  }
}
