import { HttpRequest, InvocationContext } from '@azure/functions';
import { expect, test } from 'vitest';
import { controlMigration } from '../../../src/functions/controlMigration.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const ACTIONS = ['cancel', 'suspend', 'resume', 'cutover'] as const;

/** What a word with such a body is answered, by an app that has no Durable behind it: that is asked only of what is taken. */
const askedWith = (action: (typeof ACTIONS)[number], body?: string): Promise<unknown> => {
  const request = new HttpRequest({
    method: 'POST',
    url: `http://h/api/migrations/lab/${action}`,
    params: { id: 'lab' },
    ...(body === undefined ? {} : { body: { string: body } }),
  });
  return controlMigration(new MemoryBlobs(), action)(request, new InvocationContext());
};

test.each([
  ['{"x":1}', 'The request body has the key x, which nothing reads: nothing was done'],
  ['{"a b":1}', 'The request body has the key, which nothing reads: nothing was done'],
  ['[1]', 'The request body has a value that nothing reads: nothing was done'],
  ['"now"', 'The request body has a value that nothing reads: nothing was done'],
])('a word with the body %s is refused before anything is done', async (body, message) => {
  for (const action of ACTIONS) await expect(askedWith(action, body)).rejects.toMatchObject({ kind: 'usage', message });
});

test.each([undefined, '', ' \n', '{}', 'null'])('a word with the body %j is taken to Durable', async (body) => {
  for (const action of ACTIONS) await expect(askedWith(action, body)).rejects.toThrow(/client/i);
});
