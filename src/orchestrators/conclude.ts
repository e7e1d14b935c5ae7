import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import { ConcludeInput, type MigrateOutput } from '../contract/migration.ts';
import { readMessage } from '../contract/readMessage.ts';
import type { RecalledRun } from '../contract/steps/recallRun.ts';
import { callStep } from './callStep.ts';
import { endRun } from './endRun.ts';
import { PIECES_PER_GENERATION } from './generation.ts';
import { purgeLanes } from './purgeLanes.ts';
import { mostLanes } from './runWindow.ts';
import { stateFrom, timedUntil } from './state.ts';

/**
 * Its lanes run on until they notice that it is gone, or may not write any more (`LOOK_FOR_RUN_MS` in src/runtime/stopWatcher.ts,
 * `HEAR_EVERY_MS` in src/target/writerLease.ts); then nothing changes under the count.
 */
export const LANES_END_MS = 6_000;
/** Whoever asks waits for this: what a first attempt and a second cannot do is told in the report. */
const STALL_MINUTES = 0.2;

/** The end of a migration that could not do it itself: as its own would have been, through the report. */
export const conclude: OrchestrationHandler = function* (context): Generator<Task, MigrateOutput, unknown> {
  const input = readMessage(ConcludeInput, context.df.getInput());
  const { id, request, endedAt, startedAt, endedIn } = input;
  const recalled = yield* callStep<RecalledRun>(context, ACTIVITIES.recallRun, { id }, STALL_MINUTES);
  const last = lastStateOf(context, input);
  const isUnknown = 'problem' in recalled;
  const stored: RecalledRun = isUnknown ? { plan: null, writer: null } : recalled.value;
  // What storage does not tell, its last generation may.
  const known: RecalledRun = { plan: stored.plan ?? last.plan, writer: stored.writer ?? last.writer };
  // One that a deployment has begun again stands in preflight once more, whatever it had claimed.
  const hasBegun = endedIn !== 'preflight' || isUnknown || known.writer !== null || last.mayHaveClaimed;
  const mayHaveWritten = !request.dryRun && !request.validateOnly && hasBegun;
  const state: MigrateState = {
    ...last,
    ...known,
    phase: 'report',
    startedAt,
    endedIn,
    mayHaveClaimed: mayHaveWritten,
    // Whether it was raised stands in the target: setting back what was not is nothing.
    isThroughputRaised: mayHaveWritten,
    isCancelled: input.isCancelled,
    problems: [...last.problems, input.problem],
  };
  const options = { stallMinutes: STALL_MINUTES, settleMs: mayHaveWritten ? LANES_END_MS : 0, finishedAt: endedAt };
  const output = yield* endRun(context, { id, request }, state, options);
  const from = last.lanesBegun ?? 0;
  // How many the last generation has begun is not known, only how many it can have: the last window begins before it is full.
  const to = from + PIECES_PER_GENERATION + mostLanes(request, known.plan?.flavour ?? 'mongodb');
  if (mayHaveWritten || known.plan !== null) yield* purgeLanes(context, { id, startedAt, from, to });
  return output;
};

/** The state of its last generation, with the time of the phases that it went through since. */
function lastStateOf(
  context: OrchestrationContext,
  { state, startedAt, endedAt, events = [] }: Pick<ConcludeInput, 'state' | 'startedAt' | 'endedAt' | 'events'>,
): MigrateState {
  const last = stateFrom(context, state);
  return timedUntil(
    context,
    state === null ? { ...last, startedAt, phaseStartedAt: startedAt } : last,
    events,
    endedAt,
  );
}
