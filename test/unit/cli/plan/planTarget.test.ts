import { expect, test } from 'vitest';
import type { CommandOptions } from '../../../../src/cli/options/readOptions.ts';
import { planTarget } from '../../../../src/cli/plan/planTarget.ts';

const URI = 'mongodb://host:1/d';

test.each([
  ['in the file', { recommended: URI }, null],
  ['of the command', {}, URI],
])('what the file says of the account’s documents goes with a URI %s', (_where, destination, mongodbUri) => {
  const options = { mongodbUri, isQuickAutonomize: false, preset: null } as unknown as CommandOptions;
  const plan = (large: object) => planTarget(options, { destination: { ...destination, ...large } }, {})?.fields;
  expect(plan({ large_documents: true })).toMatchObject({ large_documents: true });
  expect(plan({})).not.toHaveProperty('large_documents');
});
