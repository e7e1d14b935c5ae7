import { expect, test } from 'vitest';
import { MigrationError } from '../../../src/errors.ts';
import { resolveExperiments } from '../../../src/mlflow/layouts/rows/resolveExperiments.ts';

const experiment = (id: string, name: string, workspace: string | null = null) => ({ id, name, workspace });
const refused = (work: () => unknown): MigrationError => {
  try {
    work();
  } catch (error) {
    if (error instanceof MigrationError && error.kind === 'config') return error;
    throw error;
  }
  throw new Error('Nothing was refused');
};
const refusal = (work: () => unknown): string => refused(work).message;

test('names and ids become ids in ascending order, each once', () => {
  const found = [experiment('2', 'churn'), experiment('10', 'a, b'), experiment('0', 'Default')];
  expect(resolveExperiments(['a, b', '2', 'churn', '0'], found, null)).toEqual(['0', '2', '10']);
});

test('a text that is an id means that one, also where it is the name of another', () => {
  expect(resolveExperiments(['3'], [experiment('3', 'x'), experiment('4', '3')], null)).toEqual(['3']);
  expect(resolveExperiments(['3'], [experiment('4', '3')], null)).toEqual(['4']);
});

test('all that are not there are named', () => {
  expect(refusal(() => resolveExperiments(['x', '7', 'churn'], [experiment('2', 'churn')], null))).toBe(
    'The source has no experiments x, 7',
  );
  expect(refusal(() => resolveExperiments(['x'], [], 'team'))).toBe('The workspace team has no experiment x');
});

test('a name in several workspaces is refused with the ids, unless one of them is chosen', () => {
  const found = [experiment('2', 'churn', 'default'), experiment('5', 'churn', 'team')];
  expect(refusal(() => resolveExperiments(['churn'], found, null))).toBe(
    'Several workspaces have the experiment churn (2 in default, 5 in team)',
  );
  expect(resolveExperiments(['churn'], found, 'team')).toEqual(['5']);
  expect(refusal(() => resolveExperiments(['2'], found, 'team'))).toBe('The workspace team has no experiment 2');
});

test('what to write is said for a body as well as for a command line, which alone takes quotes', () => {
  const found = [experiment('2', "it's, x", 'default'), experiment('5', "it's, x", 'team')];
  const { message, hint } = refused(() => resolveExperiments([`"it's, x"`], found, null));
  expect(message).toBe(`The source has no experiment "it's, x"`);
  expect(hint).toMatch(/in double quotes on a command line, and as it is in a list of JSON$/);
  expect(refused(() => resolveExperiments(["it's, x"], found, null)).hint).not.toContain('--');
});
