import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import { MESSAGE_VERSION } from '../contract/messageVersion.ts';
import { AwaitWordInput, type HearWordInput, WORD_EVENT, type Word } from '../contract/operatorWord.ts';
import { readMessage } from '../contract/readMessage.ts';
import { timerIn } from './wait.ts';

/** Seconds between two looks at the operator's word while a migration is suspended; then each of the last. An event that is lost costs one of them. */
export const LOOK_EVERY_S = [2, 2, 3, 5, 8, 13, 20, 30] as const;

/** Milliseconds after which a wait that is not for the word looks at it all the same: an event may be lost, and each look is a sign of life. */
const LOOK_IDLE_MS = 10_000;

/**
 * Waits until the operator's word is no longer `suspend`, and gives the new one; with `until` also for as long as it is `run`. One
 * look a generation: the history stays a few rows however long a suspension lasts, and no waiter of before takes an event away.
 */
export const awaitWord: OrchestrationHandler = function* (context): Generator<Task, Word | undefined, unknown> {
  const { id, looks, until } = readMessage(AwaitWordInput, context.df.getInput());
  const isIdle = until !== undefined;
  const word = yield* hear(context, { id, waiter: context.df.instanceId, ...(isIdle ? { isIdle } : {}) });
  const left = (until ?? 0) - context.df.currentUtcDateTime.getTime();
  if (word !== 'suspend' && (word !== 'run' || left <= 0)) return word;
  const waitMs =
    word === 'suspend'
      ? (LOOK_EVERY_S[Math.min(looks, LOOK_EVERY_S.length - 1)] as number) * 1_000
      : Math.min(left, LOOK_IDLE_MS);
  const timer = timerIn(context, waitMs);
  yield context.df.Task.any([context.df.waitForExternalEvent(WORD_EVENT), timer]);
  const isWoken = !timer.isCompleted;
  if (isWoken) timer.cancel();
  const next: AwaitWordInput = {
    version: MESSAGE_VERSION,
    id,
    looks: isWoken ? 0 : looks + 1,
    ...(isIdle ? { until } : {}),
  };
  context.df.continueAsNew(next);
  return undefined;
};

/** The word as it is stored; what cannot be read is waited for. */
function* hear(context: OrchestrationContext, input: HearWordInput): Generator<Task, Word, unknown> {
  try {
    return (yield context.df.callActivity(ACTIVITIES.hearWord, input)) as Word;
  } catch {
    return 'suspend';
  }
}
