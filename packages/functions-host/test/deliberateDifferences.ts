import type { Run } from './support/replayCase.ts';

/** A recorded case in which the local host behaves otherwise on purpose. */
interface DeliberateDifference {
  /** Scenario and case, as conformance.test.ts names them. */
  readonly name: string;
  readonly why: string;
  /** What must be among the differences: without it the difference is gone, and so should be its entry. Empty where the comparer sees none. */
  readonly shows: readonly string[];
  /** Whether it is there, where the comparer does not look. */
  readonly isSeen?: (recorded: Run, here: Run) => boolean;
}

/**
 * All that the recordings show, each with its reason; the app leans on none. Beside them stands what compare.mjs tolerates for
 * every host (recordings/README.md): how many turns there are and what comes together in one, times, texts of refusals, stacks.
 *
 * What was not recorded: a durable entity fails its caller at once (orchestrations.test.ts), as a missing function does; work
 * in flight at a crash is taken up at the next start and not five minutes later (process.test.ts); an app is told of the end by
 * SIGTERM too, unless FUNCTIONS_SHUTDOWN_SIGNAL is off (main.ts); no timer is long enough to be split (engine/replay.ts).
 */
export const DELIBERATE_DIFFERENCES: readonly DeliberateDifference[] = [
  {
    name: '13-purge › rewind of a failed one',
    why: 'Rewind rewrites the history; the app starts a failed migration again under its name instead.',
    shows: ['recorded 202, here 501'],
  },
  {
    name: '09-timers › 200 ms',
    why: 'The extension fires timers of up to a second at once; here every timer is on time, so that tests need not wait longer.',
    shows: [],
    isSeen: (recorded, here) => tookMs(recorded) < 200 && tookMs(here) >= 200,
  },
  {
    name: '17-odd › call of an activity that is not there',
    why: 'The extension leaves the instance Running for ever; here the developer is told at once.',
    shows: ['/runtimeStatus: recorded Terminated, here Failed'],
  },
  {
    name: '17-odd › sub-orchestration that is not there',
    why: 'The extension leaves the instance Running for ever; here the developer is told at once.',
    shows: ['/runtimeStatus: recorded Terminated, here Failed'],
  },
];

/** What `s09_timer` says of its timer. */
function tookMs(run: Run): number {
  const answer = run.final['s09-200']?.answer as { customStatus?: { tookMs?: number } } | undefined;
  return answer?.customStatus?.tookMs ?? Number.NaN;
}
