interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only as events ask for it: what is due runs in the order of its time, and of its asking where times are equal. */
export class VirtualClock {
  /** A binary heap, the soonest first. */
  readonly #heap: Due[] = [];
  #order = 0;
  #nowMs: number;

  /** `beginMs` is milliseconds since 1970, as orchestrations read dates off it. */
  constructor(beginMs: number) {
    this.#nowMs = beginMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs something so many milliseconds from now; none or less means as soon as what is due already has run. */
  after(ms: number, run: () => void): void {
    const due = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run };
    let at = this.#heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above] as Due;
      if (isSooner(parent, due)) break;
      this.#heap[at] = parent;
      at = above;
    }
    this.#heap[at] = due;
  }

  /** Runs what is due until nothing is, or `isOver` says so. */
  run(isOver: () => boolean): void {
    for (let due = this.#take(); due !== undefined; due = this.#take()) {
      this.#nowMs = due.atMs;
      due.run();
      if (isOver()) return;
    }
  }

  #take(): Due | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.#heap.length) break;
      const right = this.#heap[below + 1];
      if (right !== undefined && isSooner(right, this.#heap[below] as Due)) below++;
      const child = this.#heap[below] as Due;
      if (isSooner(last, child)) break;
      this.#heap[at] = child;
      at = below;
    }
    this.#heap[at] = last;
    return first;
  }
}

function isSooner(one: Due, other: Due): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
