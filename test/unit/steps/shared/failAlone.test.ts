import { expect, test } from 'vitest';
import { type ErrorKind, MigrationError, type Problem } from '../../../../src/errors.ts';
import { failAlone } from '../../../../src/steps/shared/failAlone.ts';

const NEVER = new AbortController().signal;

/** What becomes of a failure of one table: told as its own, or thrown. */
async function fateOf(kind: ErrorKind, signal = NEVER): Promise<'told' | 'thrown'> {
  const told: Problem[] = [];
  const work = () => Promise.reject(new MigrationError(kind, 'it failed'));
  try {
    await failAlone(signal, work, (problem) => told.push(problem), ['target-in-use']);
  } catch (error) {
    expect(error).toMatchObject({ kind });
    expect(told).toEqual([]);
    return 'thrown';
  }
  expect(told).toMatchObject([{ kind, message: 'it failed' }]);
  return 'told';
}

test('what fails for good is the table’s own', async () => {
  expect(await fateOf('source-refused')).toBe('told');
  expect(await fateOf('unsupported-value')).toBe('told');
});

test('what a fresh attempt may cure, what ends the run, and all that fails after a stop is thrown', async () => {
  expect(await fateOf('source-unreachable')).toBe('thrown');
  expect(await fateOf('internal')).toBe('thrown');
  expect(await fateOf('target-in-use')).toBe('thrown');
  expect(await fateOf('source-refused', AbortSignal.abort())).toBe('thrown');
});
