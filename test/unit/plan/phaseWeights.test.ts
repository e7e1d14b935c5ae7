import { expect, test } from 'vitest';
import { phaseWeights } from '../../../src/plan/phaseWeights.ts';

const COLLECTIONS = [
  { rows: 100, indexes: 2 },
  { rows: 10, indexes: 0 },
];
const MIGRATION = { catchUp: false, validateOnly: false, validate: 'full', isProven: false } as const;

test('a phase that a run does not pass through weighs nothing', () => {
  const full = phaseWeights(MIGRATION, 'mongodb', COLLECTIONS);
  for (const weight of Object.values(full)) expect(weight).toBeGreaterThan(0);
  expect(phaseWeights({ ...MIGRATION, validate: 'none' }, 'mongodb', COLLECTIONS)).toEqual({ ...full, validate: 0 });
  for (const compared of [{ catchUp: true }, { validateOnly: true }]) {
    expect(phaseWeights({ ...MIGRATION, ...compared }, 'mongodb', COLLECTIONS)).toMatchObject({ copy: 0, indexes: 0 });
  }
  expect(phaseWeights(MIGRATION, 'cosmos-ru', COLLECTIONS)).toMatchObject({ indexes: 0 });
});

test('of a target that was proven before nothing is copied, and nothing compared to catch up with it', () => {
  const full = phaseWeights(MIGRATION, 'mongodb', COLLECTIONS);
  expect(phaseWeights({ ...MIGRATION, isProven: true }, 'mongodb', COLLECTIONS)).toEqual({ ...full, copy: 0 });
  const caughtUp = phaseWeights({ ...MIGRATION, catchUp: true, isProven: true }, 'mongodb', COLLECTIONS);
  expect(caughtUp).toEqual({ copy: 0, indexes: 0, validate: 0 });
});
