import { expect, test, vi } from 'vitest';
import { type ApiClient, createApiClient } from '../../../../src/cli/app/apiClient.ts';
import type { App } from '../../../../src/cli/app/app.ts';
import type { RunPlan } from '../../../../src/cli/plan/runPlan.ts';
import { follow } from '../../../../src/cli/run/follow.ts';
import { type Patience, patienceFor } from '../../../../src/cli/run/patience.ts';
import type { MigrationStatus } from '../../../../src/contract/migrationStatus.ts';
import { MigrationError } from '../../../../src/errors.ts';
import { startFakeApp } from '../../../cli/fakeApp.ts';

const notFound = () => new MigrationError('not-found', 'There is no migration lab', { hint: '' });

/** Follows a run whose questions are answered by these, one after the other. */
function following(answers: (() => string)[], patience: Partial<Patience> = {}, signal = new AbortController().signal) {
  const onContact = vi.fn();
  const status = async () => ({ status: (answers.length > 1 ? answers.shift() : answers[0])?.() }) as MigrationStatus;
  const client = { status } as unknown as ApiClient;
  const end = follow({
    client,
    id: 'lab',
    intervalMs: 5,
    patience: { silentMs: 60_000, storageMs: 60_000, ...patience },
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
  const { end } = following([fail], {}, stop.signal);
  const stopped = expect(end).rejects.toThrow('interrupted');
  setTimeout(() => stop.abort(new Error('interrupted')), 30);
  await stopped;
});

const AWAY = { kind: 'storage-unavailable', message: 'Blob storage at lab refuses access (403)', hint: 'Look' };

/** What the command throws where an app answers so. */
async function failureOf(answer: { readonly status: number; readonly body?: unknown }): Promise<unknown> {
  await using app = await startFakeApp(() => answer);
  return await createApiClient(app.url, null, new AbortController().signal)
    .status('lab')
    .catch((error: unknown) => error);
}

test('an app whose storage is away is borne with beyond the time of a silent one, and says why', async () => {
  const away = await failureOf({ status: 503, body: { error: AWAY } });
  const lost = () => {
    throw away;
  };
  const patience = { silentMs: 0 };
  const { end, onContact } = following([() => 'running', lost, lost, () => 'completed'], patience);
  expect((await end).status).toBe('completed');
  expect(onContact.mock.calls).toEqual([[AWAY.message], [null]]);
  const silent = await failureOf({ status: 503 });
  const failing = () => {
    throw silent;
  };
  await expect(following([() => 'running', failing, () => 'completed'], patience).end).rejects.toBe(silent);
});

test('a command that gives storage up says why', async () => {
  const away = await failureOf({ status: 503, body: { error: AWAY } });
  const lost = () => {
    throw away;
  };
  await expect(following([() => 'running', lost], { storageMs: 0 }).end).rejects.toMatchObject(AWAY);
});

test.each([
  ['a local run', true, undefined, 16],
  ['a deployed run', false, undefined, 16],
  ['a local run that may stand still for long', true, 60, 61],
  ['a deployed run that may stand still for a moment', false, 0.1, 10],
])('the command does not end before %s does for want of storage', (_what, isLocal, stallMinutes, minutes) => {
  const settings = stallMinutes === undefined ? {} : { migration_settings: { stall_minutes: stallMinutes } };
  const plan = { body: settings } as RunPlan;
  expect(patienceFor({ isLocal } as App, plan).storageMs).toBe(minutes * 60_000);
});
