import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OPERATOR_WORD } from '../../../src/contract/operatorWord.ts';
import type { WorkSpan } from '../../../src/contract/workSpan.ts';
import { blobPaths } from '../../../src/runtime/blobPaths.ts';
import { Heartbeat } from '../../../src/runtime/heartbeat.ts';
import { readRests } from '../../../src/runtime/readRests.ts';
import { putRecord } from '../../../src/runtime/records.ts';
import { WorkClock } from '../../../src/runtime/workClock.ts';
import { gapsBetween, joinSpans } from '../../../src/runtime/workSpans.ts';
import { beginProgress } from '../../../src/steps/planning/beginProgress.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const START = Date.parse('2026-11-27T12:00:00.000Z');

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A process that works on the run for so long; one that is killed has no end. */
async function work(
  blobs: MemoryBlobs,
  seconds: number,
  { counts = true, isKilled = false, clock = new WorkClock() } = {},
): Promise<void> {
  const heartbeat = new Heartbeat(blobs, 'lab', new AbortController().signal, clock);
  const end = Promise.withResolvers<void>();
  const running = heartbeat.during(() => end.promise);
  if (counts) heartbeat.counter.openRange().add('copied', 'runs', 1);
  await vi.advanceTimersByTimeAsync(seconds * 1_000);
  const now = Date.now();
  if (isKilled) {
    // Which sets the clock back, too.
    vi.clearAllTimers();
    vi.setSystemTime(now);
  } else {
    end.resolve();
    await running;
  }
}

const seconds = (rests: readonly WorkSpan[]) =>
  rests.map(([from, to]) => [(from - START) / 1_000, (to - START) / 1_000]);
const pass = (s: number) => vi.setSystemTime(Date.now() + s * 1_000);

test('the time between a kill and the next process is rest, and what a step takes from one process to another is none', async () => {
  const blobs = new MemoryBlobs();
  await work(blobs, 10, { isKilled: true });
  pass(600);
  await work(blobs, 10);
  pass(2);
  await work(blobs, 10);
  expect(seconds(await readRests(blobs, 'lab', []))).toEqual([[10, 610]]);
});

test('steps that count nothing work too, whoever did them, and a plan that is made anew forgets none', async () => {
  const blobs = new MemoryBlobs();
  await work(blobs, 10, { counts: false, isKilled: true });
  pass(100);
  await work(blobs, 10, { counts: false });
  await beginProgress(blobs, 'lab', { source: 's', target: 't', tableRows: {}, isValidated: true });
  pass(100);
  await work(blobs, 10);
  expect(seconds(await readRests(blobs, 'lab', []))).toEqual([
    [10, 110],
    [120, 220],
  ]);
});

test('a process that waits for its next attempt is at work, and one that was held or asleep is not', async () => {
  const blobs = new MemoryBlobs();
  const clock = new WorkClock();
  await work(blobs, 5, { clock });
  pass(30);
  await work(blobs, 5, { clock });
  pass(3_600);
  await work(blobs, 5, { clock });
  expect(seconds(await readRests(blobs, 'lab', clock.spans))).toEqual([[40, 3_640]]);
});

test('a suspension is rest from the word to the next one, however short it was', async () => {
  const blobs = new MemoryBlobs();
  const clock = new WorkClock();
  const at = (second: number) => new Date(START + second * 1_000).toISOString();
  await work(blobs, 10, { clock });
  await putRecord(blobs, blobPaths.control('lab'), OPERATOR_WORD, {
    word: 'run',
    at: at(29),
    by: null,
    earlier: [{ word: 'suspend', at: at(8), by: null }],
  });
  pass(20);
  await work(blobs, 10, { clock });
  expect(seconds(await readRests(blobs, 'lab', clock.spans))).toEqual([[8, 29]]);
});

test('of what earlier releases did nobody says that it was rest', async () => {
  const blobs = new MemoryBlobs();
  expect(await readRests(blobs, 'lab', [])).toEqual([]);
  expect(await readRests(blobs, 'lab', [[START, START + 5]])).toEqual([]);
});

test('a run that was away again and again keeps its longest rests', () => {
  const many = Array.from({ length: 150 }, (_unused, index): WorkSpan => [index * 1_000, index * 1_000 + 900]);
  const spans = joinSpans([...many, [900_000, 900_001]]);
  expect(spans.length).toBe(100);
  expect(Math.max(...gapsBetween(spans).map(([from, to]) => to - from))).toBe(900_000 - 149_900);
});
