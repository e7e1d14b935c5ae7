/** A wait that can be cut short. One at a time: the next one takes the place of the one before. */
export class Pause {
  #end: (() => void) | null = null;

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the wait that is under way; nothing where there is none. */
  end(): void {
    this.#end?.();
  }
}
