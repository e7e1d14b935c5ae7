import { expect, onTestFinished, test, vi } from 'vitest';
import { RateLimiter } from '../../../src/target/rateLimiter.ts';

const start = () => new RateLimiter({ maxInFlight: 2, initialRate: 1e6, isRateKnown: true });
const accepted = { cost: 1, acceptedCost: 1, operations: 1, isRefused: false, retryAfterMs: null };

test('no more requests are under way than may be, and the next one goes when an answer is there', async () => {
  const limiter = start();
  await limiter.enter(1);
  await limiter.enter(1);
  let isIn = false;
  const third = limiter.enter(1).then(() => {
    isIn = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isIn).toBe(false);
  limiter.leave(accepted);
  await third;
  expect(isIn).toBe(true);
});

test('nothing goes before the time that a refusal told', async () => {
  const limiter = start();
  await limiter.enter(1);
  const refusedAt = performance.now();
  limiter.leave({ ...accepted, acceptedCost: 0, isRefused: true, retryAfterMs: 120 });
  await limiter.enter(1);
  expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(119);
});

/** The limiter with all places taken, on a clock that the test moves. */
async function full(): Promise<RateLimiter> {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const limiter = start();
  await limiter.enter(1);
  await limiter.enter(1);
  return limiter;
}

test('whoever waits for a place hears its signal at once, and the others keep their turns', async () => {
  const limiter = await full();
  const stop = new AbortController();
  const waiting = [stop.signal, undefined, stop.signal, undefined].map((signal) => limiter.enter(1, signal));
  const stopped = [waiting[0], waiting[2]].map(async (one) => await expect(one).rejects.toThrow('cancelled'));
  stop.abort(new Error('cancelled'));
  await Promise.all(stopped);
  limiter.leave(accepted);
  await waiting[1];
  limiter.leave(accepted);
  await waiting[3];
});

test('a signal is heard while throughput is waited for', async () => {
  const limiter = start();
  await limiter.enter(1);
  limiter.leave({ ...accepted, acceptedCost: 0, isRefused: true, retryAfterMs: 60_000 });
  const stop = new AbortController();
  const stopped = expect(limiter.enter(1, stop.signal)).rejects.toThrow('cancelled');
  stop.abort(new Error('cancelled'));
  await stopped;
});

test('whoever waits for a place is asked once a second whether it should, first in line or not', async () => {
  const limiter = await full();
  const onWait = vi.fn(() => {
    if (onWait.mock.calls.length === 3) throw new Error('stalled');
  });
  const first = expect(limiter.enter(1, undefined, onWait)).rejects.toThrow('stalled');
  const behind = vi.fn();
  const second = limiter.enter(1, undefined, behind);
  await vi.advanceTimersByTimeAsync(3_500);
  await first;
  expect(behind.mock.calls.length).toBeGreaterThanOrEqual(3);
  limiter.leave(accepted);
  await second;
});

test('a place that an index holds is waited for as long as it takes', async () => {
  const limiter = await full();
  const endHold = limiter.holdOpen();
  const onWait = vi.fn();
  const waiting = limiter.enter(1, undefined, onWait);
  await vi.advanceTimersByTimeAsync(5_500);
  expect(onWait).not.toHaveBeenCalled();
  endHold();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(onWait).toHaveBeenCalled();
  limiter.leave(accepted);
  await waiting;
});
