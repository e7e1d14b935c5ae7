import { expect, test } from 'vitest';
import { LANES_END_MS } from '../../../src/orchestrators/conclude.ts';
import { LOOK_FOR_RUN_MS } from '../../../src/runtime/stopWatcher.ts';
import { LAST_MS } from '../../../src/runtime/untilTimeIsUp.ts';
import { STOP_PATIENCE_MS } from '../../../src/target/requestSender.ts';
import { HEAR_EVERY_MS } from '../../../src/target/writerLease.ts';
import { readText } from '../docs/markdown.ts';

// Rooms that may not import each other agree on these times.

test('a process that is asked to end waits for its writes, then for the activities that tell of them, then for nothing', () => {
  expect(STOP_PATIENCE_MS).toBeLessThan(LAST_MS);
  // main.ts acts when it is loaded.
  expect(readText('src/main.ts')).toContain('const ANSWER_MS = LAST_MS + 1_000;');
});

test('what stands in the target is counted only when every lane has noticed that its run is gone', () => {
  expect(LOOK_FOR_RUN_MS).toBeLessThan(LANES_END_MS);
  expect(HEAR_EVERY_MS).toBeLessThan(LANES_END_MS);
});
