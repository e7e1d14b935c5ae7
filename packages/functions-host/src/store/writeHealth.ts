/** Primary result codes of SQLite for a disk that takes nothing (https://www.sqlite.org/rescode.html): read-only, input or output, full, cannot open. */
const DISK_FAULTS = new Set([8, 10, 13, 14]);

/** Room may be made, or a network drive come back, within this time. */
const PATIENCE_MS = 60_000;

/**
 * Watches whether a store can be written. Each failure is tried again, so without this a host on a full disk would try for
 * ever; `onLost` is called with the reason once the disk has taken nothing for a minute.
 */
export class WriteHealth {
  readonly #onLost: (reason: string) => void;
  readonly #now: () => number;
  #failingSince: number | null = null;

  constructor(onLost: (reason: string) => void, now: () => number = () => performance.now()) {
    this.#onLost = onLost;
    this.#now = now;
  }

  /** Takes note of a transaction's error, or of null when it was stored. */
  note(error: unknown): void {
    if (error === null) {
      this.#failingSince = null;
      return;
    }
    const { errcode, message } = error as { errcode?: unknown; message?: unknown };
    // The low byte is the primary code.
    if (typeof errcode !== 'number' || !DISK_FAULTS.has(errcode & 0xff)) return;
    this.#failingSince ??= this.#now();
    if (this.#now() - this.#failingSince > PATIENCE_MS) this.#onLost(String(message));
  }
}
