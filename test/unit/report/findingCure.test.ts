import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FINDING_CHECKS } from '../../../src/contract/facts.ts';
import { cureOf, curesOf } from '../../../src/report/findingCure.ts';

const finding = fc.record(
  {
    severity: fc.constantFrom('error', 'note'),
    check: fc.constantFrom(...FINDING_CHECKS),
    table: fc.constantFrom('runs', 'tags'),
    message: fc.string(),
    kind: fc.constantFrom('missing', 'extra', 'differs', 'refused'),
    isFailure: fc.boolean(),
  },
  { requiredKeys: ['severity', 'check', 'table', 'message'] },
);

test('every kind of error has its cure, whatever its table and message, and a note has none', () => {
  fc.assert(
    fc.property(finding, (one) => {
      const cure = cureOf(one);
      if (one.severity === 'note') expect(cure).toBeNull();
      else expect(cure).toBe(cureOf({ ...one, table: 'spans', message: 'another' }));
      expect(cure).not.toBe('');
    }),
  );
});

test('what helps against several findings is told once', () => {
  const base = { severity: 'error', check: 'content', table: 'runs', message: 'm' } as const;
  const cures = curesOf([
    { ...base, kind: 'differs' },
    { ...base, kind: 'differs', table: 'tags' },
    { ...base, kind: 'extra' },
    { ...base, severity: 'note' },
  ]);
  expect(cures).toHaveLength(2);
  expect(cures[0]).toContain('run the migration again');
  expect(cures[1]).toContain('mlflow-migrate differences');
});
