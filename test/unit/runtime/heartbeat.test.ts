import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pulse, stopReason } from '../../../src/runtime/pulse.ts';
import { readProgress } from '../../../src/runtime/readProgress.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const START = Date.parse('2026-11-27T12:00:00.000Z');

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

test('work is stopped once its run is gone, and what cannot be told goes on', async () => {
  const pulse = new Pulse(new MemoryBlobs(), 'lab', new AbortController().signal);
  let isGone = false;
  const work = Promise.withResolvers<void>();
  let seen: AbortSignal | null = null;
  const running = pulse.during(
    (signal) => {
      seen = signal;
      return work.promise;
    },
    () => Promise.resolve(isGone),
  );
  const stop = () => (seen === null ? null : stopReason(seen));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(stop()).toBeNull();
  isGone = true;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(stop()).toBe('cancel');
  work.resolve();
  await running;
  // The next piece of it is not begun; that of a run of its own is.
  const next = await pulse.during((signal) => Promise.resolve(stopReason(signal)));
  expect(next).toBe('cancel');
  isGone = false;
  expect(await pulse.during((signal) => Promise.resolve(stopReason(signal)))).toBeNull();
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
