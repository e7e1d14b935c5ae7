import type { InvocationContext } from '@azure/functions';
import type { ActivityHandler } from 'durable-functions';
import { HearWordInput, type Word } from '../contract/operatorWord.ts';
import { readMessage } from '../contract/readMessage.ts';
import { readWord, writeHeard } from '../runtime/operatorWord.ts';
import type { Services } from '../runtime/services.ts';
import { watchRun } from './watchRun.ts';

/**
 * What the operator wants now of a migration that has stopped for a word of before, and that it was heard: until the next
 * one comes, the status shows what is so by it. A migration that is there no more is as good as cancelled. Throws what
 * storage throws: whoever waits asks again.
 */
export function makeHearWord({ blobs }: Pick<Services, 'blobs'>): ActivityHandler {
  return async (message: unknown, context: InvocationContext): Promise<Word> => {
    const { id, waiter } = readMessage(HearWordInput, message);
    if ((await watchRun(context, id)?.()) === true) return 'cancel';
    const { word } = await readWord(blobs, id);
    const at = new Date().toISOString();
    await writeHeard(blobs, id, { word, at, waiter: word === 'suspend' ? waiter : null });
    return word;
  };
}
