import { expect, test } from 'vitest';
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
