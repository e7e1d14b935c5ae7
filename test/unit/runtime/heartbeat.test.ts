import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PLAN_SUMMARY } from '../../../src/contract/plan.ts';
import { blobPaths } from '../../../src/runtime/blobPaths.ts';
import { Heartbeat } from '../../../src/runtime/heartbeat.ts';
import { readProgress } from '../../../src/runtime/readProgress.ts';
import { putRecord } from '../../../src/runtime/records.ts';
import { stopReason } from '../../../src/runtime/stopReason.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const START = Date.parse('2026-11-27T12:00:00.000Z');

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

test('work is stopped once its run is gone, and what cannot be told goes on', async () => {
  const heartbeat = new Heartbeat(new MemoryBlobs(), 'lab', new AbortController().signal);
  let isGone = false;
  const work = Promise.withResolvers<void>();
  let seen: AbortSignal | null = null;
  const running = heartbeat.during(
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
  const next = await heartbeat.during((signal) => Promise.resolve(stopReason(signal)));
  expect(next).toBe('cancel');
  isGone = false;
  expect(await heartbeat.during((signal) => Promise.resolve(stopReason(signal)))).toBeNull();
});

test('a step that counts nothing gives a sign of life once a second, in one place however often it is tried', async () => {
  const blobs = new MemoryBlobs();
  const lastSign = async () =>
    (await readProgress(blobs, 'lab', { phase: 'plan', output: null, nowMs: Date.now() })).lastSignAt;
  expect(await lastSign()).toBeNull();
  for (let attempt = 1; attempt <= 2; attempt++) {
    const heartbeat = new Heartbeat(blobs, 'lab', new AbortController().signal);
    const work = Promise.withResolvers<void>();
    const running = heartbeat.during(() => work.promise);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await lastSign()).toBe(new Date(START + attempt * 2_000).toISOString());
    work.resolve();
    await running;
  }
  expect(await blobs.list('lab/state/progress/')).toHaveLength(1);
});

test('which members of the target do not answer is told while it is so', async () => {
  const blobs = new MemoryBlobs();
  const silence = async () =>
    (await readProgress(blobs, 'lab', { phase: 'copy', output: null, nowMs: Date.now() })).targetSilence;
  const heartbeat = new Heartbeat(blobs, 'lab', new AbortController().signal);
  const work = Promise.withResolvers<void>();
  let silent: string | null = 'no answer from h2:27017 since 12:00:00 UTC';
  heartbeat.silence = () => silent;
  const running = heartbeat.during(() => work.promise);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await silence()).toBe(silent);
  // A process that is gone says nothing of now.
  vi.setSystemTime(Date.now() + 60_000);
  expect(await silence()).toBeNull();
  silent = null;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await silence()).toBeNull();
  work.resolve();
  await running;
});

test('rows that a killed process had met stay counted, and the next one counts on from there once it has met them again', async () => {
  const blobs = new MemoryBlobs();
  await putRecord(blobs, blobPaths.summary('lab'), PLAN_SUMMARY, {
    source: 's',
    target: 't',
    tableRows: { runs: 1_000 },
    isValidated: true,
  });
  const look = () => readProgress(blobs, 'lab', { phase: 'validate', output: null, nowMs: Date.now() });
  const compared = async () => (await look()).totals.validated;
  const begin = () => {
    const heartbeat = new Heartbeat(blobs, 'lab', new AbortController().signal);
    void heartbeat.during(() => Promise.withResolvers<void>().promise);
    return heartbeat.counter.openRange();
  };
  begin().add('validated', 'runs', 300);
  await vi.advanceTimersByTimeAsync(1_000);
  const killedAt = Date.now();
  vi.clearAllTimers();
  vi.setSystemTime(killedAt + 60_000);
  expect(await look()).toMatchObject({ totals: { validated: 300 }, again: 300 });
  const range = begin();
  const seen: (readonly [number, number])[] = [];
  for (let second = 0; second < 5; second++) {
    range.add('validated', 'runs', 100);
    await vi.advanceTimersByTimeAsync(1_000);
    const { totals, again = 0 } = await look();
    seen.push([totals.validated, again]);
  }
  expect(seen).toEqual([
    [300, 200],
    [300, 100],
    [300, 0],
    [400, 0],
    [500, 0],
  ]);
  // A third one takes the place of both.
  const secondKilledAt = Date.now();
  vi.clearAllTimers();
  vi.setSystemTime(secondKilledAt + 60_000);
  begin().add('validated', 'runs', 450);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await compared()).toBe(500);
});
