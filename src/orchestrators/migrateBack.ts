import type { OrchestrationHandler, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import { newerProblem, versionOf } from '../contract/messageVersion.ts';
import { MigrateInput, type MigrateOutput, type MigrateStatus } from '../contract/migration.ts';
import { readMessage } from '../contract/readMessage.ts';
import type { BackResult } from '../contract/steps/bringBack.ts';
import type { Problem } from '../errors.ts';
import { callStep } from './callStep.ts';
import { now } from './state.ts';
import type { OtherRelease } from './survivingDeployments.ts';

/**
 * The way back: one step, as what it writes is one transaction. It is delivered again until it answers; what an earlier delivery has
 * kept the next one finds equal.
 */
export const migrateBack: OrchestrationHandler = function* (context): Generator<Task, MigrateOutput, unknown> {
  const { id, request } = readMessage(MigrateInput, context.df.getInput());
  const startedAt = now(context);
  const status: MigrateStatus = { phase: request.dryRun ? 'plan' : 'copy', startedAt };
  context.df.setCustomStatus(status);
  const input = { id, run: startedAt, request };
  const answer = yield* callStep<BackResult>(context, ACTIVITIES.bringBack, input, request.stallMinutes);
  if ('problem' in answer) return outputOf(startedAt, now(context), endedBy(answer.problem));
  const { finishedAt, ...result } = answer.value;
  return outputOf(startedAt, finishedAt, result);
};

/** One that an older release has begun does its step again, a newer one's ends. */
export const RETURN_OF_OTHERS: OtherRelease<MigrateInput> = {
  again: (_context, input) => input,
  refuse: (context, input) => {
    const at = now(context);
    return { output: outputOf(at, at, endedBy(newerProblem(versionOf(input)))) };
  },
};

type Ended = Omit<BackResult, 'finishedAt'>;

function endedBy(problem: Problem): Ended {
  const status = problem.kind === 'interrupted' ? 'cancelled' : 'failed';
  return { status, from: null, to: null, problems: status === 'cancelled' ? [] : [problem] };
}

function outputOf(startedAt: string, finishedAt: string, { status, from, to, problems }: Ended): MigrateOutput {
  return {
    status,
    startedAt,
    finishedAt,
    source: to,
    target: from,
    tables: {},
    throttled: 0,
    requestUnits: null,
    problems,
    endedIn: null,
  };
}
