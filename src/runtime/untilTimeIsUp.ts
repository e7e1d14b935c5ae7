/**
 * An activity answers so long after it was asked to stop, whatever it is at. Longer than writes in flight may take to
 * finish (`STOP_PATIENCE_MS` in src/target/requestSender.ts): their outcome belongs into the answer.
 */
export const LAST_MS = 1_900;

/**
 * The work's result, or, a moment after it was asked to stop, the signal's reason. Some of what work waits for hears no
 * signal: a login, a name that is looked up, an account that sets its throughput. What it is still at then is done for nobody, and sends
 * nothing new, as whatever sends requests looks at the signal first; it is done again where the run goes on.
 */
export async function untilTimeIsUp<O>(signal: AbortSignal, work: Promise<O>, lastMs = LAST_MS): Promise<O> {
  const { promise: timeIsUp, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onStop = () => {
    timer = setTimeout(() => reject(signal.reason), lastMs);
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
