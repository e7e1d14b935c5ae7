import { expect, test } from 'vitest';
import { MAN_PAGE, REFERENCE_PAGES, withReferenceTables } from '../../../scripts/referenceTables.ts';
import { manPage } from '../../../src/cli/help/manPage.ts';
import { COMMANDS, OPTIONS } from '../../../src/cli/options/optionTable.ts';
import { SETTINGS } from '../../../src/config/schemas/settings.ts';
import { StartRequest } from '../../../src/contract/startRequest.ts';
import { ROUTES } from '../../../src/functions/routes.ts';
import { readText, tableRows } from './markdown.ts';

test.each(REFERENCE_PAGES)('%s has the tables that npm run reference makes of the code', (page) => {
  expect(readText(page)).toBe(withReferenceTables(readText(page)));
});

test('the manual page is what npm run reference makes of the code', () => {
  expect(readText(MAN_PAGE)).toBe(manPage());
});

// A table whose heading was changed would be left alone by the script, and by the test above.
test.each([
  ['command', 'Command', Object.keys(COMMANDS)],
  ['command', 'Option', OPTIONS.map(({ name }) => `--${name}`)],
  ['command', 'Variable', ['MONGOD_PATH']],
  ['command', 'Code', ['0', '1', '2', '3', '4', '130']],
  ['http', 'Route', Object.values(ROUTES).map(({ method, path }) => `${method} /api/${path}`)],
  ['http', 'Key', Object.keys(StartRequest.shape)],
  ['settings', 'Setting', SETTINGS.map(({ name }) => name)],
])('docs/reference/%s.md has the table %s', (page, heading, names) => {
  const terms = tableRows(readText(`docs/reference/${page}.md`), heading).map(([term = '']) => term);
  expect(terms).not.toHaveLength(0);
  for (const name of names) expect(terms.some((term) => term.startsWith(`\`${name}`))).toBe(true);
});

test('the README has at most 150 lines', () => {
  expect(readText('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
