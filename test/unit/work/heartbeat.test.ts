import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pulse } from '../../../src/work/pulse.ts';
import { readProgress } from '../../../src/work/readProgress.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const START = Date.parse('2026-11-27T12:00:00.000Z');

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

test('a step that counts nothing gives a sign of life once a second, in one place however often it is tried', async () => {
  const blobs = new MemoryBlobs();
  const lastSign = async () => (await readProgress(blobs, 'lab', 'plan', null, 1, Date.now())).lastSignAt;
  expect(await lastSign()).toBeNull();
  for (let attempt = 1; attempt <= 2; attempt++) {
    const pulse = new Pulse(blobs, 'lab', new AbortController().signal);
    const work = Promise.withResolvers<void>();
    const running = pulse.during(() => work.promise);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await lastSign()).toBe(new Date(START + attempt * 2_000).toISOString());
    work.resolve();
    await running;
  }
  expect(await blobs.list('lab/state/progress/')).toHaveLength(1);
});
