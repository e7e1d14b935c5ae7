import { MongoNetworkError, MongoServerError } from 'mongodb';
import { expect, test } from 'vitest';
import { retry } from '../../../src/retry.ts';
import { AFTER_REFUSALS, afterBusyAccount, lostConnectionWaitMs } from '../../../src/target/retryPolicies.ts';

const throttled = (message = '') => new MongoServerError({ message, code: 16_500 });
const denied = new MongoServerError({ message: '', code: 13 });

const ifThrottled = (ms: number) => (error: unknown) =>
  error instanceof MongoServerError && error.code === 16_500 ? ms : null;

/** Fails with these one after the other, then says how often it was tried. */
function failing(...failures: Error[]) {
  let tries = 0;
  return async () => {
    tries++;
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return tries;
  };
}

test('what the policy names is tried again, what it does not goes up as it is', async () => {
  const policy = { waitMs: ifThrottled(0) };
  expect(await retry(policy, failing(throttled(), throttled()))).toBe(3);
  await expect(retry(policy, failing(throttled(), denied))).rejects.toBe(denied);
  const cut = new MongoNetworkError('cut');
  await expect(retry(policy, failing(cut))).rejects.toBe(cut);
});

test('it ends with the last failure after so many retries, or after so long', async () => {
  const last = throttled('last');
  const twice = { maxRetries: 2, waitMs: ifThrottled(0) };
  await expect(retry(twice, failing(throttled(), throttled(), last, throttled()))).rejects.toBe(last);
  const shortly = { maxMs: 10, waitMs: ifThrottled(20) };
  await expect(retry(shortly, failing(throttled(), last, throttled()))).rejects.toBe(last);
});

test('a wait ends when the signal says so', async () => {
  const policy = { waitMs: ifThrottled(60_000) };
  const stopped = retry(policy, failing(throttled()), AbortSignal.timeout(10));
  await expect(stopped).rejects.toThrow(/aborted/);
});

test.each([0, 5, 20])(
  'after %i retries no wait is shorter than what the refusal told, and the others are bounded',
  (retries) => {
    const told = throttled('RetryAfterMs=7000');
    expect(AFTER_REFUSALS.waitMs(told, retries)).toBeGreaterThan(7_000);
    expect(afterBusyAccount(100).waitMs(told, retries)).toBe(7_000);
    expect(AFTER_REFUSALS.waitMs(throttled(), retries)).toBeLessThanOrEqual(2_401);
    expect(lostConnectionWaitMs(retries)).toBeLessThanOrEqual(6_250);
  },
);
