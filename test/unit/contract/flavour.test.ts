import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../../../src');

test('what a flavour means is decided in two places: everybody else asks for a trait', () => {
  // As the key of a table that has a line for each flavour it decides nothing.
  const asking = globSync('**/*.ts', { cwd: SRC }).filter((file) =>
    /'cosmos-ru'(?!:)/.test(readFileSync(join(SRC, file), 'utf8')),
  );
  expect(asking.toSorted()).toEqual(['contract/flavour.ts', 'target/targetTraits.ts']);
});
