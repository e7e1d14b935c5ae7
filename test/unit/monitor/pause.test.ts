import { expect, test, vi } from 'vitest';
import { Pause } from '../../../src/monitor/pause.ts';

test('a pause ends by itself', async () => {
  await expect(new Pause().wait(1)).resolves.toBeUndefined();
});

test('a pause can be cut short and leaves no timer, and ending none does nothing', async () => {
  vi.useFakeTimers();
  const pause = new Pause();
  pause.end();
  const waited = pause.wait(3_600_000);
  pause.end();
  await expect(waited).resolves.toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
  pause.end();
  vi.useRealTimers();
});
