import type { VirtualClock } from './virtualClock.ts';

interface Share {
  /** Where the work is done, in work that each share was given since the beginning. */
  readonly endsAt: number;
  readonly onDone: () => void;
}

/** Work that goes on at once and shares what there is: each share gets as much, and the speed follows from how many there are. */
export class SharedWork {
  readonly #clock: VirtualClock;
  /** Work a second for each share, by how many there are. */
  readonly #speedOf: (shares: number) => number;
  /** The next one to end last. */
  #shares: Share[] = [];
  #given = 0;
  #givenAtMs: number;
  #speed = 0;
  #turn = 0;

  constructor(clock: VirtualClock, speedOf: (shares: number) => number) {
    this.#clock = clock;
    this.#speedOf = speedOf;
    this.#givenAtMs = clock.nowMs;
  }

  add(work: number, onDone: () => void): void {
    this.#catchUp();
    const share = { endsAt: this.#given + work, onDone };
    const at = this.#shares.findIndex(({ endsAt }) => endsAt <= share.endsAt);
    this.#shares.splice(at < 0 ? this.#shares.length : at, 0, share);
    this.#goOn();
  }

  /** The speed is another one from now on, though as many share it. */
  changed(): void {
    this.#catchUp();
    this.#goOn();
  }

  #catchUp(): void {
    this.#given += (this.#speed * (this.#clock.nowMs - this.#givenAtMs)) / 1_000;
    this.#givenAtMs = this.#clock.nowMs;
  }

  #goOn(): void {
    const next = this.#shares.at(-1);
    this.#speed = next === undefined ? 0 : this.#speedOf(this.#shares.length);
    if (next === undefined) return;
    const turn = ++this.#turn;
    this.#clock.after(((next.endsAt - this.#given) / this.#speed) * 1_000, () => {
      // Somebody has come or gone meanwhile, and another turn is due.
      if (turn !== this.#turn) return;
      this.#given = next.endsAt;
      this.#givenAtMs = this.#clock.nowMs;
      this.#shares.pop();
      this.#goOn();
      next.onDone();
    });
  }
}
