import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestHost, TestHosts } from './support/testHost.ts';

let hosts: TestHosts;
let host: TestHost;

beforeAll(async () => {
  hosts = await TestHosts.create();
  host = await hosts.start('classic');
});

afterAll(() => hosts.dispose());

test('activities are dispatched by the thousand a second, and a status answer takes less than 20 ms meanwhile', async () => {
  await host.run('tree', { branches: 5, leaves: 100 });
  const start = performance.now();
  const id = await host.start('tree', { branches: 50, leaves: 100 });
  const answersMs: number[] = [];
  for (let isRunning = true; isRunning; ) {
    const asked = performance.now();
    isRunning = (await host.status(id)).runtimeStatus !== 'Completed';
    answersMs.push(performance.now() - asked);
  }
  const perSecond = 5000 / ((performance.now() - start) / 1000);
  answersMs.sort((left, right) => left - right);
  const median = answersMs[Math.floor(answersMs.length / 2)] ?? 0;
  expect(median).toBeLessThan(20);
  expect(perSecond).toBeGreaterThan(1000);
});
