import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Pace } from '../../../src/target/pace.ts';

const start = (rate: number) => new Pace({ maxInFlight: 2, initialRate: rate, isRateKnown: true, stallMs: 900_000 });

const refusal = { acceptedCost: 0, isRefused: true, retryAfterMs: 1 };

/** Requests that are refused as a whole, each after the span that one decrease answers for. */
async function refuse(pace: Pace, times: number, operations: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await pace.enter(1);
    pace.leave({ ...refusal, cost: 1, operations });
    await sleep(310);
  }
}

test('a batch that is refused as a whole slows the pace far more than single commands do', async () => {
  const [batches, commands] = [start(1_000), start(1_000)];
  await Promise.all([refuse(batches, 5, 100), refuse(commands, 5, 1)]);
  expect(batches.currentRate).toBeLessThan(200);
  expect(commands.currentRate).toBeGreaterThan(650);
});

test('a request dearer than the rate is paid off within seconds, whatever it was thought to cost', async () => {
  const pace = start(100);
  await pace.enter(10);
  pace.leave({ cost: 10, acceptedCost: 10, operations: 1, isRefused: false, retryAfterMs: null });
  await pace.enter(50_000);
  pace.leave({ cost: 50_000, acceptedCost: 50_000, operations: 1, isRefused: false, retryAfterMs: null });
  const begun = performance.now();
  await pace.enter(1);
  const waitedMs = performance.now() - begun;
  // The dear one is not free of charge either.
  expect(waitedMs).toBeGreaterThan(1_000);
  expect(waitedMs).toBeLessThan(5_000);
});
