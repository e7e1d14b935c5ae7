import type { InvocationContext } from '@azure/functions';
import { expect, test } from 'vitest';
import { answering } from '../../../src/activities/answering.ts';
import { MESSAGE_VERSION } from '../../../src/contract/messageVersion.ts';
import { UnitMessage } from '../../../src/contract/unit.ts';
import { activityServices } from '../../support/activityServices.ts';

const UNIT = {
  version: MESSAGE_VERSION,
  id: 'm',
  planStamp: 's',
  writer: null,
  notBefore: null,
  unit: 4,
  only: null,
  skip: [],
  since: null,
};

/** What the activity answers to a message, the inputs that its work was given, and the lines that it logged. */
async function answer(message: unknown) {
  const inputs: UnitMessage[] = [];
  const lines: string[] = [];
  const services = activityServices();
  const context = {
    functionName: 'copyUnit',
    log: (line: string) => lines.push(line),
    options: { extraInputs: [] },
  } as unknown as InvocationContext;
  const activity = answering(services, UnitMessage, (_services, input) => {
    inputs.push(input);
    return Promise.resolve('done');
  });
  return {
    answered: await activity(message, context),
    inputs,
    lines: lines.map((line) => JSON.parse(line) as unknown),
  };
}

test('work is given the message, and its value is answered with the version', async () => {
  const { answered, inputs } = await answer(UNIT);
  expect(answered).toEqual({ version: MESSAGE_VERSION, ok: true, value: 'done' });
  expect(inputs).toMatchObject([{ id: 'm', unit: 4 }]);
});

test.each([null, 'm', 7, {}, { id: 7 }, { ...UNIT, unit: null }, { ...UNIT, lost: null }])(
  'a message of another shape (%j) is a failure as data, and nothing is done',
  async (message) => {
    const { answered, inputs, lines } = await answer(message);
    expect(answered).toMatchObject({
      version: MESSAGE_VERSION,
      ok: false,
      problem: { kind: 'internal' },
      isTransient: true,
    });
    expect(inputs).toEqual([]);
    expect(lines).toMatchObject([{ activity: 'copyUnit', kind: 'internal' }]);
  },
);

test('a message of a newer release is left to another process', async () => {
  const { answered, inputs } = await answer({ ...UNIT, version: MESSAGE_VERSION + 1 });
  expect(answered).toMatchObject({ ok: false, problem: { kind: 'config' }, isTransient: true });
  expect(inputs).toEqual([]);
});
