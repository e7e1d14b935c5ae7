import { expect, test } from 'vitest';
import { RepairMark } from '../../../../src/steps/units/repairMark.ts';
import { MemoryBlobs } from '../../../support/memoryBlobs.ts';

const markOf = (blobs: MemoryBlobs, pass: number, step = 'catch-up-3') => new RepairMark(blobs, 'lab', step, pass);

test('an attempt knows of another one that has written in the same pass, before and after its own work', async () => {
  const blobs = new MemoryBlobs();
  const died = markOf(blobs, 2);
  expect(await died.isOfAnother()).toBe(false);
  await died.begin();
  expect(await died.isOfAnother()).toBe(false);
  const again = markOf(blobs, 2);
  expect([again.hasBegun, await again.isOfAnother()]).toEqual([false, true]);
  await again.begin();
  // The first one was not dead after all.
  expect([died.hasBegun, await died.isOfAnother()]).toEqual([true, true]);
});

test('another pass, other ranges and what was never written say nothing', async () => {
  const blobs = new MemoryBlobs();
  await markOf(blobs, 2).begin();
  expect(await markOf(blobs, 3).isOfAnother()).toBe(false);
  expect(await markOf(blobs, 2, 'catch-up-3-1.2').isOfAnother()).toBe(false);
});
