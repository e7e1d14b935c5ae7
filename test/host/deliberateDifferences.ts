/** A recorded case in which the local host behaves otherwise on purpose. */
interface DeliberateDifference {
  /** Scenario and case, as conformance.test.ts names them. */
  readonly name: string;
  readonly why: string;
  /** What must be among the differences: without it the difference is gone, and so should be its entry. */
  readonly shows: readonly string[];
}

/** All of them, each with its reason; the app leans on none. */
export const DELIBERATE_DIFFERENCES: readonly DeliberateDifference[] = [
  {
    name: '13-purge › rewind of a failed one',
    why: 'Rewind rewrites the history; the app starts a failed migration again under its name instead.',
    shows: ['recorded 202, here 501'],
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
