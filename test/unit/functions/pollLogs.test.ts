import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROUTES, type RouteName } from '../../../src/functions/routes.ts';

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

test('what is asked for again and again leaves no record of it: everything else would drown in them', () => {
  const { logging } = JSON.parse(read('host.json')) as { logging: { logLevel: Record<string, string> } };
  const polled: readonly RouteName[] = ['getMigration', 'getSeries', 'listMigrations', 'getHealth'];
  for (const name of polled) {
    // The host logs each call of a function at Information under the category of its name.
    expect(logging.logLevel[`Function.${name}`]).toBe('Warning');
    expect(ROUTES).toHaveProperty(name);
  }
});
