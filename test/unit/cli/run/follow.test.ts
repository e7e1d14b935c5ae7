import { expect, test, vi } from 'vitest';
import type { ApiClient } from '../../../../src/cli/app/apiClient.ts';
import { follow } from '../../../../src/cli/run/follow.ts';
import type { MigrationStatus } from '../../../../src/contract/migrationStatus.ts';
import { MigrationError } from '../../../../src/errors.ts';

const notFound = () => new MigrationError('not-found', 'There is no migration lab', { hint: '' });

/** Follows a run whose questions are answered by these, one after the other. */
function following(answers: (() => string)[], signal = new AbortController().signal) {
  const onContact = vi.fn();
  const status = async () => ({ status: (answers.length > 1 ? answers.shift() : answers[0])?.() }) as MigrationStatus;
  const client = { status } as unknown as ApiClient;
  const end = follow({
    client,
    id: 'lab',
    intervalMs: 5,
    patienceMs: 60_000,
    signal,
    onStatus: () => undefined,
    onContact,
  });
  return { end, onContact };
}

const fail = () => {
  throw notFound();
};

test('a run that is not written down yet is looked for again, without a word', async () => {
  const { end, onContact } = following([fail, () => 'running', () => 'completed']);
  expect((await end).status).toBe('completed');
  expect(onContact).not.toHaveBeenCalled();
});

test('a run that is gone once it was seen is told at once', async () => {
  await expect(following([() => 'running', fail]).end).rejects.toMatchObject({ kind: 'not-found' });
});

test('the wait for the next try ends with the signal', async () => {
  const stop = new AbortController();
  const { end } = following([fail], stop.signal);
  const stopped = expect(end).rejects.toThrow('interrupted');
  setTimeout(() => stop.abort(new Error('interrupted')), 30);
  await stopped;
});
