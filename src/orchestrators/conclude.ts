import type { OrchestrationHandler, Task } from 'durable-functions';
import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import type { MigrateInput, MigrateOutput, MigrateState } from '../contract/messages.ts';
import { unpackState } from '../contract/packState.ts';
import type { Phase } from '../contract/status.ts';
import type { Problem } from '../errors.ts';
import type { RecalledRun } from '../steps/recallRun.ts';
import { endRun } from './endRun.ts';
import { ACTIVITIES } from './names.ts';
import { newState } from './state.ts';
import { step } from './steps.ts';

/** A migration that Durable itself has ended: what is known of it from outside. */
export interface ConcludeInput {
  readonly id: string;
  readonly request: MigrationRequest;
  /** State of its last generation, null where that was the first. */
  readonly state: MigrateInput['state'];
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly endedIn: Phase;
  readonly problem: Problem;
  readonly isCancelled: boolean;
}

/** Its lanes run on until they notice that it is gone, or may not write any more; then nothing changes under the count. */
const LANES_END_MS = 6_000;
/** Whoever asks waits for this: what a first attempt and a second cannot do is told in the report. */
const STALL_MINUTES = 0.2;

/** The end of a migration that could not do it itself: as its own would have been, through the report. */
export const conclude: OrchestrationHandler = function* (context): Generator<Task, MigrateOutput, unknown> {
  const { id, request, endedAt, startedAt, endedIn, ...input } = context.df.getInput() as ConcludeInput;
  const mayHaveWritten = !request.dryRun && !request.validateOnly && endedIn !== 'preflight';
  const recalled = yield* step<RecalledRun>(context, ACTIVITIES.recallRun, { id }, STALL_MINUTES);
  const known: RecalledRun = 'value' in recalled ? recalled.value : { plan: null, writer: null };
  const last = unpackState(input.state);
  const state: MigrateState = {
    ...newState(context),
    ...last,
    ...known,
    phase: 'report',
    startedAt,
    endedIn,
    mayHaveClaimed: mayHaveWritten,
    // Whether it was raised stands in the target: setting back what was not is nothing.
    isThroughputRaised: mayHaveWritten,
    isCancelled: input.isCancelled,
    problems: [...(last?.problems ?? []), input.problem],
  };
  const options = { stallMinutes: STALL_MINUTES, settleMs: mayHaveWritten ? LANES_END_MS : 0, finishedAt: endedAt };
  return yield* endRun(context, { id, request }, state, options);
};
