import { expect, test } from 'vitest';
import { Pause } from '../../../src/monitor/pause.ts';

test('a pause ends by itself', async () => {
  await expect(new Pause().wait(1)).resolves.toBeUndefined();
});

test('a pause can be cut short, and ending none does nothing', async () => {
  const pause = new Pause();
  pause.end();
  const waited = pause.wait(3_600_000);
  pause.end();
  await expect(waited).resolves.toBeUndefined();
  pause.end();
});
