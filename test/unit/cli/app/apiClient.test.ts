import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createApiClient } from '../../../../src/cli/app/apiClient.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('whoever waits for the first answer of an app is told once', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const stop = new AbortController();
  const told: string[] = [];
  const client = createApiClient(`http://127.0.0.1:${port}`, null, stop.signal, {
    onSilence: (host) => told.push(host),
  });
  const asking = Promise.allSettled([client.status('lab'), client.status('lab')]);
  vi.advanceTimersByTime(4_000);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(2_000);
  expect(told).toEqual([`127.0.0.1:${port}`]);
  stop.abort(new Error('enough'));
  await asking;
  await new Promise((resolve) => server.close(resolve));
});
