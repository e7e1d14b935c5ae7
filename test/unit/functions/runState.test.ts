import { OrchestrationRuntimeStatus } from 'durable-functions';
import { expect, test } from 'vitest';
import type { HeardWord, OperatorWord, Word } from '../../../src/contract/operatorWord.ts';
import { runState } from '../../../src/functions/runState.ts';
import { readWord } from '../../../src/runtime/storedWord.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const { Pending, Running, ContinuedAsNew, Suspended, Completed, Failed, Terminated, Canceled } =
  OrchestrationRuntimeStatus;
const UPDATED = new Date('2026-11-27T12:00:00.000Z');
const asked = (word: Word, at = '2026-11-27T11:00:00.000Z'): OperatorWord => ({ word, at, by: null });
const heard = (word: Word): HeardWord => ({ word, at: '2026-11-27T11:30:00.000Z', waiter: 'w' });
const of = (runtimeStatus: OrchestrationRuntimeStatus, word: OperatorWord, told: HeardWord | null): string =>
  runState({ runtimeStatus, lastUpdatedTime: UPDATED }, null, word, told);

test.each([
  [Running, 'run', null, 'running'],
  [ContinuedAsNew, 'run', heard('run'), 'running'],
  [Pending, 'run', null, 'pending'],
  // Asked for, and not so yet.
  [Running, 'suspend', null, 'suspending'],
  [Running, 'suspend', heard('run'), 'suspending'],
  [Running, 'suspend', heard('suspend'), 'suspended'],
  [Running, 'run', heard('suspend'), 'resuming'],
  [Running, 'cancel', heard('suspend'), 'cancelling'],
  [Pending, 'cancel', null, 'cancelling'],
  // Held by Durable itself.
  [Suspended, 'run', null, 'suspended'],
  [Suspended, 'cancel', null, 'cancelling'],
  // At its end, whatever was asked for before.
  [Completed, 'cancel', null, 'completed'],
  [Failed, 'suspend', heard('suspend'), 'failed'],
  [Terminated, 'run', null, 'cancelled'],
  [Canceled, 'run', null, 'cancelled'],
] as const)('%s, asked to %s, after %j: %s', (runtimeStatus, word, told, expected) => {
  expect(of(runtimeStatus, asked(word), told)).toBe(expected);
});

test('a suspension by Durable is being resumed only where that was asked for after it', () => {
  expect(of(Suspended, asked('run', '2026-11-27T11:59:56.900Z'), null)).toBe('suspended');
  // It was asked for before it took effect.
  expect(of(Suspended, asked('run', '2026-11-27T11:59:59.100Z'), null)).toBe('resuming');
  expect(of(Suspended, asked('run', '2026-11-27T12:00:01.000Z'), null)).toBe('resuming');
});

test('a word of an earlier release is read', async () => {
  const blobs = new MemoryBlobs();
  expect(await readWord(blobs, 'lab')).toEqual({ word: 'run', at: null, by: null });
  await blobs.put('lab/state/control.json', '{"state":"suspend"}');
  expect(await readWord(blobs, 'lab')).toEqual({ word: 'suspend', at: null, by: null });
});
