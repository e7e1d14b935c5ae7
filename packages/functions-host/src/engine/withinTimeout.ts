/** Longer waits overflow Node's timers: no function runs for 24 days. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Rejects, in the words of the Functions host, when a function takes longer than host.json's `functionTimeout` allows. What it
 * does goes on, as there, and nobody waits for it any more.
 */
export async function withinTimeout<T>(call: Promise<T>, name: string, timeoutMs: number): Promise<T> {
  if (timeoutMs > LONGEST_TIMEOUT_MS) return call;
  const { promise: timeUp, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(functionTimeoutError(name, timeoutMs)), timeoutMs);
  try {
    return await Promise.race([call, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

function functionTimeoutError(name: string, timeoutMs: number): Error {
  const text = `Timeout value of ${timeSpan(timeoutMs)} was exceeded by function: Functions.${name}`;
  return Object.assign(new Error(text), { name: 'FunctionTimeoutException' });
}

/** As .NET writes a TimeSpan: `00:30:00`, with seven decimals where the seconds have a fraction. */
function timeSpan(ms: number): string {
  const part = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const fraction = ms % 1000 === 0 ? '' : `.${String(Math.round((ms % 1000) * 10_000)).padStart(7, '0')}`;
  const days = ms >= 86_400_000 ? `${Math.floor(ms / 86_400_000)}.` : '';
  return `${days}${part((ms / 3_600_000) % 24)}:${part((ms / 60_000) % 60)}:${part((ms / 1000) % 60)}${fraction}`;
}
