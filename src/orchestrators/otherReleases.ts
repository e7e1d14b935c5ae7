import { ACTIVITIES } from '../contract/functionNames.ts';
import { type LaneInput, type LaneResult, readLane } from '../contract/lane.ts';
import { MESSAGE_VERSION, newerProblem, versionOf } from '../contract/messageVersion.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { MigrateInput } from '../contract/migration.ts';
import { MigrationRequest } from '../contract/migrationRequest.ts';
import { readNewerState } from '../contract/packState.ts';
import { NO_SUMS } from '../contract/workSums.ts';
import { unreported } from './endRun.ts';
import { failed, newState, now } from './state.ts';
import type { OtherRelease } from './survivingDeployments.ts';

/** A migration of another release: an older one's goes on from where its generation began, a newer one's ends with a report. */
export const MIGRATION_OF_OTHERS: OtherRelease<MigrateInput> = {
  // With the time at which it began it is the run that has claimed the target.
  again: (context, input) => ({ ...input, state: input.state ?? newState(context) }),
  refuse: (context, input, begun) => {
    const hasBegun = (name: string) => begun.some((step) => step.kind === 'activity' && step.name === name);
    // What this release knows of a state, and the newer one may not have had any more.
    const state = readNewerState(input.state, newState(context));
    const closing: MigrateState = {
      ...state,
      mayHaveClaimed: state.mayHaveClaimed || hasBegun(ACTIVITIES.prepareTarget),
      isThroughputRaised: state.isThroughputRaised || hasBegun(ACTIVITIES.raiseThroughput),
    };
    const { id, request } = input;
    const next = failed(closing, [newerProblem(versionOf(input))]);
    // No step could be told of such a request.
    if (!MigrationRequest.safeParse(request).success) return { output: unreported(next, now(context)) };
    return { continueWith: { version: MESSAGE_VERSION, id, request, state: next } };
  },
};

/** A lane of another release: an older one's does its units again, a newer one's gives them back with the reason. */
export const LANE_OF_OTHERS: OtherRelease<LaneInput> = {
  again: (_context, input) => readLane(input),
  refuse: (_context, input) => {
    const problem = newerProblem(versionOf(input));
    const output: LaneResult = { version: MESSAGE_VERSION, ...NO_SUMS, remaining: input.items, stop: null, problem };
    return { output };
  },
};
