import { expect, test } from 'vitest';
import { parseStartRequest, toMigrationRequest } from '../../../src/config/schemas/parseStartRequest.ts';
import { runKindOf } from '../../../src/contract/runKind.ts';

const PLAN = 'a'.repeat(22);

test('a request may ask for the way back, as a dry run or as it was agreed to', () => {
  const dry = toMigrationRequest(parseStartRequest({ direction: 'back', migration_settings: { dry_run: true } }));
  expect(dry).toMatchObject({ direction: 'back', dryRun: true, agreedPlan: null });
  const agreed = toMigrationRequest(parseStartRequest({ direction: 'back', agreedPlan: PLAN }));
  expect(agreed).toMatchObject({ direction: 'back', dryRun: false, agreedPlan: PLAN });
  expect([dry, agreed].map(runKindOf)).toEqual(['return', 'return']);
});

test.each([
  [{ tables: ['runs'] }, /tables and direction/],
  [{ dropTarget: true }, /dropTarget and direction/],
  [{ follow: 5 }, /follow and direction/],
  [{ agreedPlan: 'no plan' }, /agreedPlan/],
])('%j does not go with it', (more, message) => {
  expect(() => parseStartRequest({ direction: 'back', ...more })).toThrow(message);
});

test('a migration has no plan to agree to', () => {
  expect(() => parseStartRequest({ agreedPlan: PLAN })).toThrow(/needs direction/);
});
