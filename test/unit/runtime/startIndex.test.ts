import { expect, test } from 'vitest';
import { completeStarts, latestStarts, recordStart, START_CURSOR } from '../../../src/runtime/startIndex.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const latestIds = async (blobs: MemoryBlobs) => (await latestStarts(blobs))?.map(({ id }) => id) ?? null;
const BEGIN = Date.parse('2026-11-27T12:00:00.000Z');

test('runs are known by their latest start, newest first, as soon as those of before the index are in it', async () => {
  const blobs = new MemoryBlobs();
  await recordStart(blobs, { id: 'lab', at: BEGIN });
  expect(await latestStarts(blobs)).toBeNull();
  await completeStarts(blobs, [
    { id: 'older', at: BEGIN - 2_000 },
    { id: 'lab', at: BEGIN - 1_000 },
    { id: 'oldest', at: BEGIN - 3_000 },
  ]);
  expect(await latestIds(blobs)).toEqual(['lab', 'older', 'oldest']);
  await recordStart(blobs, { id: 'older', at: BEGIN + 1_000 });
  await recordStart(blobs, { id: 'newest', at: BEGIN + 2_000 });
  expect(await latestIds(blobs)).toEqual(['newest', 'older', 'lab', 'oldest']);
  // One entry for each, and the mark: none stays of earlier starts.
  expect(await blobs.list('starts.index/')).toHaveLength(5);
  // Asked again at the same instant, as by a repeated request.
  await recordStart(blobs, { id: 'newest', at: BEGIN + 2_000 });
  expect((await latestIds(blobs))?.[0]).toBe('newest');
});

test('the index keeps the latest five hundred starts', async () => {
  const blobs = new MemoryBlobs();
  await completeStarts(blobs, []);
  for (let n = 0; n < 510; n++) await recordStart(blobs, { id: `run-${n}`, at: BEGIN + n });
  const starts = (await latestStarts(blobs)) ?? [];
  expect(starts[0]?.id).toBe('run-509');
  // Each is followed by the same ones, whatever is started meanwhile.
  const cursors = starts.map(({ cursor }) => cursor);
  expect(cursors).toEqual(cursors.toSorted());
  expect(cursors.every((cursor) => START_CURSOR.test(cursor))).toBe(true);
  expect(starts.length).toBeGreaterThanOrEqual(500);
  expect(starts.length).toBeLessThanOrEqual(501);
});

test('what kind of run each is, its id says, and its entry where the id says another', async () => {
  const blobs = new MemoryBlobs();
  await completeStarts(blobs, [{ id: 'older-analysis', at: BEGIN }]);
  await recordStart(blobs, { id: 'odd-analysis', at: BEGIN + 1, kind: 'migration' });
  await recordStart(blobs, { id: 'lab-validate', at: BEGIN + 2, kind: 'comparison' });
  const starts = (await latestStarts(blobs)) ?? [];
  expect(starts.map(({ id, kind }) => [id, kind])).toEqual([
    ['lab-validate', 'comparison'],
    ['odd-analysis', 'migration'],
    ['older-analysis', 'analysis'],
  ]);
  expect(starts.every(({ cursor }) => START_CURSOR.test(cursor))).toBe(true);
  // The next start of the same id takes the place of the one before.
  await recordStart(blobs, { id: 'odd-analysis', at: BEGIN + 3, kind: 'migration' });
  expect(await latestIds(blobs)).toEqual(['odd-analysis', 'lab-validate', 'older-analysis']);
});
