import type { InvocationContext } from '@azure/functions';
import type { ActivityHandler } from 'durable-functions';
import { HearWordInput, type Word } from '../contract/operatorWord.ts';
import { readMessage } from '../contract/readMessage.ts';
import type { Services } from '../runtime/services.ts';
import { stopped } from '../runtime/stopReason.ts';
import { hearWord } from '../steps/hearWord.ts';
import { watchRun } from './watchRun.ts';

const NEVER = new AbortController().signal;

/**
 * Looks at the operator's word for a migration that waits for it. Not by `answering`: a suspended migration shows no sign of
 * life and writes no line with each look, and whoever waits takes any failure for one more look.
 */
export function makeHearWord(services: Services): ActivityHandler {
  return async (message: unknown, context: InvocationContext): Promise<Word> => {
    const input = readMessage(HearWordInput, message);
    // One that waits for its next pass is at work all the same.
    if (input.isIdle === true) services.workClock(input.id).note(Date.now());
    const isGone = (await watchRun(context, input.id)?.()) === true;
    return await hearWord(services, input, isGone ? AbortSignal.abort(stopped('cancel')) : NEVER);
  };
}
