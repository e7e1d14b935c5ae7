import { stopped } from './stopReason.ts';

/** Share of the time that the host gives an invocation: what is under way then has still to end, and its answer to be sent. */
const SHARE = 0.6;
/** Longest delay of a timer. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * How long one activity works before it hands back what is left. An invocation that the host ends (functionTimeout in host.json)
 * gives no answer at all, and takes the process along with all that runs beside it.
 */
export class WorkShift {
  /** What the host gives an invocation, for work that cannot be handed back; Infinity for no limit. */
  readonly limitMs: number;
  readonly #workMs: number;

  /** `timeoutMs`: what the host gives an invocation, Infinity for no limit. */
  constructor(timeoutMs: number) {
    this.limitMs = timeoutMs;
    this.#workMs = timeoutMs * SHARE;
  }

  /** For work that looks itself: begins now, and tells whether it should hand back what is left. */
  begin(): () => boolean {
    const end = performance.now() + this.#workMs;
    return () => performance.now() > end;
  }

  /** Runs work whose signal aborts with the one given, or when it should hand back what is left: {@link stopReason} is `time` then. */
  async during<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#workMs > MAX_DELAY_MS) return await work(signal);
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(stopped('time')), this.#workMs);
    try {
      return await work(AbortSignal.any([signal, end.signal]));
    } finally {
      clearTimeout(timer);
    }
  }
}
