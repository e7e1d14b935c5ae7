import { expect, test } from 'vitest';
import { assertAllWorkspaces } from '../../../../src/steps/back/assertAllWorkspaces.ts';

const ENDS = { source: 'pg:5432/mlflow', target: 'mongo:27017/mlflow' };

test('documents of one workspace do not come back, as the rows of all others would go', () => {
  expect(() => assertAllWorkspaces({ identity: { workspace: 'team' } }, ENDS)).toThrow('the workspace team alone');
  expect(() => assertAllWorkspaces({ identity: { workspace: null } }, ENDS)).not.toThrow();
});
