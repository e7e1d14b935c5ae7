import { stopReason } from './stopReason.ts';

/**
 * An activity answers so long after the process was asked to end, whatever it is at. Longer than writes in flight may take to
 * finish (`STOP_PATIENCE_MS` in src/target/requestSender.ts): their outcome belongs into the answer.
 */
export const LAST_MS = 2_500;

/**
 * The work's result, or, a moment after the process is asked to end, that it was interrupted: an activity without an answer
 * would be looked for minutes later only. What it is still at then ends with the process, and is done again.
 */
export async function untilTimeIsUp<O>(signal: AbortSignal, work: Promise<O>): Promise<O> {
  const { promise: timeIsUp, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onStop = () => {
    if (stopReason(signal) === 'shutdown') timer = setTimeout(() => reject(signal.reason), LAST_MS);
  };
  if (signal.aborted) onStop();
  else signal.addEventListener('abort', onStop);
  try {
    return await Promise.race([work, timeIsUp]);
  } finally {
    signal.removeEventListener('abort', onStop);
    clearTimeout(timer);
  }
}
