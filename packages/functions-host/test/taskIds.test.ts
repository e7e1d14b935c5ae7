import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestHosts } from './support/testHost.ts';

const SEEDS = 60;
const BATCH_SIZE = 'AzureFunctionsJobHost__extensions__durableTask__storageProvider__controlQueueBatchSize';

let hosts: TestHosts;

beforeAll(async () => {
  hosts = await TestHosts.create();
});

afterAll(() => hosts.dispose());

// The SDK and the host count task ids apart from each other; random trees of tasks with retries, children, timers and failures
// show whether they stay in step, however the messages fall into turns.
test.each(['1', '3', '256'])('every value reaches its task with %s messages a turn', async (size) => {
  const settings = { [BATCH_SIZE]: size, FUNCTIONS_LOG_LEVEL: 'none' };
  const host = await hosts.start('classic', { settings });
  const ids = await Promise.all(
    Array.from({ length: SEEDS }, (_, seed) => host.start('fuzz', { seed: seed * 3 + Number(size) }, `seed-${seed}`)),
  );
  for (const id of ids) {
    const { runtimeStatus, output, input } = await host.ended(id);
    expect({ runtimeStatus, output }, JSON.stringify(input)).toEqual({
      runtimeStatus: 'Completed',
      output: { steps: expect.any(Number), problems: [] },
    });
  }
  await host.running.stop();
});
