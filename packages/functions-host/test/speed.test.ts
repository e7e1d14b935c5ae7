import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestHost, TestHosts } from './support/testHost.ts';

let hosts: TestHosts;
let host: TestHost;

beforeAll(async () => {
  hosts = await TestHosts.create();
  host = await hosts.start('classic');
});

afterAll(() => hosts.dispose());

async function secondsFor(branches: number): Promise<{ seconds: number; answers: number }> {
  const begun = performance.now();
  const id = await host.start('tree', { branches, leaves: 100 });
  let answers = 0;
  for (let isRunning = true; isRunning; answers++) isRunning = (await host.status(id)).runtimeStatus !== 'Completed';
  return { seconds: (performance.now() - begun) / 1000, answers };
}

test('an activity costs the same among thousands as among hundreds, and the status is answered all along', async () => {
  await secondsFor(5);
  const hundreds = await secondsFor(5);
  const thousands = await secondsFor(50);
  // Ten times the activities; a cost that grew with the square would make it a hundred.
  expect(thousands.seconds / hundreds.seconds).toBeLessThan(30);
  expect(thousands.answers).toBeGreaterThan(50);
});
