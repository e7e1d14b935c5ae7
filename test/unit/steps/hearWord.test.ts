import { expect, test } from 'vitest';
import type { Services } from '../../../src/runtime/services.ts';
import { stopped } from '../../../src/runtime/stopReason.ts';
import { readHeard, writeWord } from '../../../src/runtime/storedWord.ts';
import { hearWord } from '../../../src/steps/hearWord.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const INPUT = { id: 'lab', waiter: 'lab:waits' };
const { signal } = new AbortController();

test('the word is told and noted, with who waits as long as it is to wait', async () => {
  const blobs = new MemoryBlobs();
  await writeWord(blobs, 'lab', { word: 'suspend', at: '2026-11-27T12:00:00.000Z', by: null });
  expect(await hearWord({ blobs } as unknown as Services, INPUT, signal)).toBe('suspend');
  expect(await readHeard(blobs, 'lab')).toMatchObject({ word: 'suspend', waiter: 'lab:waits' });
  await writeWord(blobs, 'lab', { word: 'run', at: '2026-11-27T12:00:01.000Z', by: null });
  expect(await hearWord({ blobs } as unknown as Services, INPUT, signal)).toBe('run');
  expect(await readHeard(blobs, 'lab')).toMatchObject({ word: 'run', waiter: null });
});

test('a migration that is there no more is as good as cancelled, and nothing is noted', async () => {
  const blobs = new MemoryBlobs();
  expect(await hearWord({ blobs } as unknown as Services, INPUT, AbortSignal.abort(stopped('cancel')))).toBe('cancel');
  expect(await readHeard(blobs, 'lab')).toBeNull();
});
