import { expect, test } from 'vitest';
import { runName } from '../../../src/cli/plan/runName.ts';
import { parseStartRequest, toMigrationRequest } from '../../../src/config/schemas/parseStartRequest.ts';
import { runIdOf } from '../../../src/functions/runIdOf.ts';

const DRY = { migration_settings: { dry_run: true } };
const idOf = (body: object): string => runIdOf(toMigrationRequest(parseStartRequest({ defaults: true, ...body })));

test.each([
  [{ name: 'lab' }, 'lab'],
  [{ name: 'lab', ...DRY }, 'lab-analysis'],
  [{ name: 'lab-analysis', ...DRY }, 'lab-analysis'],
  [{ name: 'lab', validateOnly: true }, 'lab-validate'],
  [{ name: 'lab-analysis', validateOnly: true }, 'lab-analysis-validate'],
])('%j has the id %s', (body, id) => {
  expect(idOf(body)).toBe(id);
});

test('the longest names stay apart', () => {
  const names = ['a', 'b'].map((end) => `${'x'.repeat(63)}${end}`);
  expect(new Set(names.map((name) => idOf({ name, ...DRY }))).size).toBe(2);
});

test('a run without a name gets one', () => {
  expect(idOf(DRY)).toMatch(/^migration-[0-9a-f]{8}-analysis$/);
});

test('the names that the command sends are ids already', () => {
  expect(idOf({ name: runName('lab', 'analysis'), ...DRY })).toBe(runName('lab', 'analysis'));
  expect(idOf({ name: runName('lab', 'comparison'), validateOnly: true })).toBe(runName('lab', 'comparison'));
});
