import type { DurableClient } from 'durable-functions';
import { expect, test } from 'vitest';
import type { MigrateInput } from '../../../src/contract/migration.ts';
import { findMigration } from '../../../src/functions/findMigration.ts';
import { isStartedByOther } from '../../../src/functions/isStartedByOther.ts';
import { REQUEST } from '../../orchestration/request.ts';

const own: MigrateInput = { id: 'lab', request: REQUEST, start: 'mine', state: null };
const client = (getStatus: () => Promise<object>) => ({ getStatus }) as unknown as DurableClient;
const running = (input: object | null) => client(() => Promise.resolve({ name: 'migrate', instanceId: 'lab', input }));

test('a start that the extension accepted and dropped is told from the one that runs', async () => {
  expect(await isStartedByOther(running({ ...own, start: 'theirs' }), own)).toBe(true);
  // One of an earlier release, which has no such mark.
  expect(await isStartedByOther(running({ id: 'lab', request: REQUEST, state: null }), own)).toBe(true);
  expect(await isStartedByOther(running({ ...own, state: { deflated: '' } }), own)).toBe(false);
});

test("what cannot be told counts as one's own", async () => {
  expect(await isStartedByOther(running(null), own)).toBe(false);
  const unknown =
    'DurableClient error: Durable Functions extension replied with HTTP 404 response. This usually means …';
  expect(
    await isStartedByOther(
      client(() => Promise.reject(new Error(unknown))),
      own,
    ),
  ).toBe(false);
});

test('a failure that only looks like an unknown id is none', async () => {
  const refused = client(() => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:40404')));
  await expect(findMigration(refused, 'lab')).rejects.toThrow('ECONNREFUSED');
  expect(await isStartedByOther(refused, own)).toBe(false);
});
