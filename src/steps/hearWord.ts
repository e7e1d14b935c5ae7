import type { HearWordInput, Word } from '../contract/operatorWord.ts';
import type { Services } from '../runtime/services.ts';
import { stopReason } from '../runtime/stopReason.ts';
import { readWord, writeHeard } from '../runtime/storedWord.ts';

/**
 * What the operator wants now of a migration that has stopped for a word of before, and that it was heard: until the next
 * one comes, the status shows what is so by it. One that is there no more, as the signal tells, is as good as cancelled.
 * Throws what storage throws: whoever waits asks again.
 */
export async function hearWord(
  { blobs }: Services,
  { id, waiter, isIdle }: HearWordInput,
  signal: AbortSignal,
): Promise<Word> {
  if (stopReason(signal) === 'cancel') return 'cancel';
  const { word } = await readWord(blobs, id);
  const at = new Date().toISOString();
  await writeHeard(blobs, id, {
    word,
    at,
    waiter: word === 'suspend' || (isIdle === true && word === 'run') ? waiter : null,
  });
  return word;
}
