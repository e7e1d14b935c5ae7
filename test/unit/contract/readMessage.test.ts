import { expect, test } from 'vitest';
import { z } from 'zod';
import { MESSAGE_VERSION } from '../../../src/contract/messageVersion.ts';
import { plannedStep } from '../../../src/contract/plannedStep.ts';
import { readMessage } from '../../../src/contract/readMessage.ts';
import { UnitMessage } from '../../../src/contract/unit.ts';
import { MigrationError, toProblem } from '../../../src/errors.ts';
import { REQUEST } from '../../orchestration/request.ts';

const UNIT = {
  version: MESSAGE_VERSION,
  id: 'm',
  planStamp: 's',
  request: REQUEST,
  writer: 'token',
  notBefore: null,
  unit: 4,
  only: null,
  skip: ['runs'],
  since: null,
};

/** What reading a message fails with. */
function refusal(message: unknown): unknown {
  try {
    return readMessage(UnitMessage, message);
  } catch (error) {
    return error instanceof MigrationError ? toProblem(error) : error;
  }
}

test('a message of this release is what was sent, without its version', () => {
  const { version: _, ...sent } = UNIT;
  expect(readMessage(UnitMessage, UNIT)).toEqual(sent);
  expect(readMessage(UnitMessage, { ...UNIT, lost: { times: 1, how: 'died' }, isGivenUp: false })).toMatchObject({
    lost: { times: 1, how: 'died' },
  });
});

test('a message of a newer release is refused as such, whatever its shape', () => {
  expect(refusal({ version: MESSAGE_VERSION + 1 })).toMatchObject({
    kind: 'config',
    message: expect.stringMatching(/newer release/),
  });
});

test.each([
  ['no object', null, 'all of it'],
  ['a text', 'hunter2', 'all of it'],
  ['a field of another kind', { ...UNIT, unit: 'hunter2' }, 'unit'],
  ['a field inside', { ...UNIT, request: { ...REQUEST, validate: 'hunter2' } }, 'request.validate'],
  ['a field that is missing', { ...UNIT, skip: undefined }, 'skip'],
  ['another tuple', { ...UNIT, only: ['hunter2', 'hunter2'] }, 'only.0, only.1'],
])(
  'a message of another shape (%s) is an internal failure that names fields and shows no value',
  (_what, message, fields) => {
    const problem = refusal(message);
    expect(problem).toMatchObject({
      kind: 'internal',
      message: `The input of the step is not what this release sends: ${fields}`,
    });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  },
);

test('a message that is something else altogether names a few fields only', () => {
  const { message } = refusal({ id: 'm' }) as { readonly message: string };
  expect(message.split(', ')).toHaveLength(5);
});

test('messages up to version 3 call the stamp of a plan its plan', () => {
  const schema = z.object(plannedStep);
  expect(readMessage(schema, { version: 3, id: 'm', plan: 's' })).toEqual({ id: 'm', planStamp: 's' });
  expect(() => readMessage(schema, { version: MESSAGE_VERSION, id: 'm', plan: 's' })).toThrow('planStamp');
});
