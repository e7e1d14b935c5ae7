import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import { expect, test } from 'vitest';
import { wakeRun } from '../../../src/functions/wakeRun.ts';
import { writeHeard } from '../../../src/runtime/storedWord.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const PATIENCE = { patienceMs: 2_000, tryAgainMs: 1 };

/** The extension as it was recorded: a resume is refused with 500 until the suspension has taken effect, and then takes a while itself. */
class SlowExtension {
  readonly calls: string[] = [];
  private refusals: number;
  private looks: number;

  constructor(refusals: number, looks: number) {
    this.refusals = refusals;
    this.looks = looks;
  }

  async resume(): Promise<void> {
    this.calls.push('resume');
    if (this.refusals-- > 0) throw new Error('The operation failed with an unexpected status code: 500');
  }

  async getStatus(): Promise<{ runtimeStatus: string }> {
    return { runtimeStatus: this.refusals < 0 && this.looks-- <= 0 ? 'Running' : 'Suspended' };
  }

  async raiseEvent(id: string, event: string): Promise<void> {
    this.calls.push(`${event} to ${id}`);
  }
}

const found = (runtimeStatus: string) =>
  ({ instanceId: 'lab', runtimeStatus }) as unknown as DurableOrchestrationStatus;
const wake = (extension: object, blobs: MemoryBlobs, status: string, word: 'run' | 'suspend' | 'cancel') =>
  wakeRun(extension as DurableClient, blobs, found(status), word, PATIENCE);

test.each(['run', 'cancel'] as const)(
  '%s frees what Durable holds suspended, however often that is refused',
  async (word) => {
    const extension = new SlowExtension(3, 1);
    await wake(extension, new MemoryBlobs(), 'Suspended', word);
    expect(extension.calls).toEqual(['resume', 'resume', 'resume', 'resume', 'resume']);
  },
);

test('suspending, and what is not suspended, ask Durable for nothing', async () => {
  const extension = new SlowExtension(0, 0);
  await wake(extension, new MemoryBlobs(), 'Suspended', 'suspend');
  await wake(extension, new MemoryBlobs(), 'Running', 'run');
  expect(extension.calls).toEqual([]);
});

test('one that is never let go is given up without a failure: the word is stored', async () => {
  const extension = new SlowExtension(Number.POSITIVE_INFINITY, 0);
  await wakeRun(extension as unknown as DurableClient, new MemoryBlobs(), found('Suspended'), 'run', {
    patienceMs: 20,
    tryAgainMs: 1,
  });
  expect(extension.calls.length).toBeGreaterThan(1);
});

test('whoever waits is woken, and nobody minds where that fails', async () => {
  const blobs = new MemoryBlobs();
  const extension = new SlowExtension(0, 0);
  await writeHeard(blobs, 'lab', { word: 'suspend', at: '2026-11-27T12:00:00.000Z', waiter: 'abc:3' });
  await wake(extension, blobs, 'Running', 'run');
  expect(extension.calls).toEqual(['word to abc:3']);
  const away = { raiseEvent: () => Promise.reject(new Error('gone')) };
  await expect(wake(away, blobs, 'Running', 'cancel')).resolves.toBeUndefined();
  await writeHeard(blobs, 'lab', { word: 'run', at: '2026-11-27T12:00:01.000Z', waiter: null });
  await wake(extension, blobs, 'Running', 'suspend');
  expect(extension.calls).toHaveLength(1);
});
