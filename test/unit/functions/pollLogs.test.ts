import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROUTES } from '../../../src/functions/routes.ts';

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

test('what is asked for again and again leaves no record of it: everything else would drown in them', () => {
  const { logging } = JSON.parse(read('host.json')) as { logging: { logLevel: Record<string, string> } };
  for (const name of ['getMigration', 'listMigrations', 'getHealth']) {
    // The host logs each call of a function at Information under the category of its name.
    expect(logging.logLevel[`Function.${name}`]).toBe('Warning');
    expect(Object.keys(ROUTES)).toContain(name);
  }
});
