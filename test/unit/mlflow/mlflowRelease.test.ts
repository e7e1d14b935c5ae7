import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mlflowRelease } from '../../../src/mlflow/schema/mlflowRelease.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const COUNTS = readdirSync(FIXTURES).filter((file) => file.endsWith('.counts.json'));

test.each(COUNTS)('the release that wrote %s is known by its revision', (file) => {
  const { alembic } = JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as { readonly alembic: string };
  expect(mlflowRelease([alembic])).toBe(/^mlflow-(\d+\.\d+)\./.exec(file)?.[1]);
});

test('a later release has no name', () => {
  expect(mlflowRelease(['0123456789ab'])).toBeNull();
});
