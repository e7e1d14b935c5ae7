import type { OrchestrationContext, Task } from 'durable-functions';
import type { Answer } from '../contract/answer.ts';
import { isNewer, MESSAGE_VERSION, newerProblem, versionOf } from '../contract/messageVersion.ts';
import type { UnansweredKind } from '../contract/unanswered.ts';
import type { Problem } from '../errors.ts';
import { heedWord } from './heedWord.ts';
import { kindOfNoAnswer } from './unanswered.ts';
import { backoffMs, wait } from './wait.ts';

/** Attempts of a step or a lane's units whose failure this program cannot explain, whatever succeeded in between. */
export const MAX_UNEXPLAINED = 3;

/**
 * Runs an activity until it answers, again after passing failures for as long as `stallMinutes` allow. An activity that
 * dies with its process counts as a passing failure, `maxLost` times in a row; one that was asked to stop is begun afresh
 * when work goes on.
 */
export function* callStep<T>(
  context: OrchestrationContext,
  name: string,
  input: { readonly id: string },
  stallMinutes: number,
  maxLost = MAX_UNEXPLAINED,
): Generator<Task, StepOutcome<T>, unknown> {
  let begun = context.df.currentUtcDateTime.getTime();
  for (let attempt = 1; ; attempt++) {
    const answer = yield* attemptActivity<T>(context, name, input);
    if (answer.ok) return { value: answer.value };
    const isOver = context.df.currentUtcDateTime.getTime() - begun > stallMinutes * 60_000;
    const { lost } = answer;
    const isUnexplained =
      answer.problem.kind === 'internal' && attempt >= (lost === undefined ? MAX_UNEXPLAINED : maxLost);
    const isInterrupted = answer.isTransient && answer.problem.kind === 'interrupted';
    if (!answer.isTransient || (isOver && !isInterrupted) || isUnexplained) {
      return { problem: answer.problem, ...(lost === undefined ? {} : { lost }) };
    }
    if (isInterrupted) yield* heedWord(context, input.id);
    yield* wait(context, backoffMs(isInterrupted ? 1 : attempt));
    // However long a suspension or the time without a process took, nothing failed in it.
    if (isInterrupted) {
      begun = context.df.currentUtcDateTime.getTime();
      attempt = 0;
    }
  }
}

/** What a step came to. `lost` says that its last attempt gave no answer, and how it ended. */
type StepOutcome<T> = { readonly value: T } | { readonly problem: Problem; readonly lost?: UnansweredKind };

/** One attempt of an activity; what it throws (its process died, its time ran out) becomes an answer too. */
function* attemptActivity<T>(
  context: OrchestrationContext,
  name: string,
  input: unknown,
): Generator<Task, Answer<T> & { readonly lost?: UnansweredKind }, unknown> {
  try {
    const versioned = { ...(input as object), version: MESSAGE_VERSION };
    const answer = (yield context.df.callActivity(name, versioned)) as Answer<T>;
    if (!isNewer(answer)) return answer;
    return { ok: false, problem: newerProblem(versionOf(answer)), isTransient: true, lost: 'diverged' };
  } catch (error) {
    // The text of a failed activity may quote anything: only that it ended is told.
    const lost = kindOfNoAnswer(error);
    return { ok: false, problem: noAnswer(name, lost), isTransient: true, lost };
  }
}

function noAnswer(name: string, how: UnansweredKind): Problem {
  return how === 'timed-out'
    ? {
        kind: 'internal',
        message: `Activity ${name} was ended by the host, as it took longer than functionTimeout in host.json allows`,
        hint: 'functionTimeout is too short: give it minutes, in host.json or by the setting AzureFunctionsJobHost__functionTimeout (00:10:00), then start again with --resume',
      }
    : {
        kind: 'internal',
        message: `Activity ${name} ended without an answer`,
        hint: 'Its process ended or its time ran out: look at the host’s log',
      };
}
