import type { WorkSpan } from '../contract/workSpan.ts';
import { joinSpans } from './workSpans.ts';

/** Between two attempts of what failed for a passing reason a process waits up to half of this: the run is at work then too. */
const LONGEST_WAIT_MS = 60_000;

/** When this process worked on one migration. One for each of them, however often its plan is made. */
export class WorkClock {
  #spans: readonly WorkSpan[] = [];

  /** Notes that there is work now (milliseconds since 1970). What lies between two notes counts, unless that is longer than any wait. */
  note(nowMs: number): void {
    const last = this.#spans.at(-1);
    const goesOn = last !== undefined && nowMs >= last[1] && nowMs - last[1] <= LONGEST_WAIT_MS;
    this.#spans = goesOn
      ? [...this.#spans.slice(0, -1), [last[0], nowMs]]
      : joinSpans([...this.#spans, [nowMs, nowMs]]);
  }

  get spans(): readonly WorkSpan[] {
    return this.#spans;
  }
}
