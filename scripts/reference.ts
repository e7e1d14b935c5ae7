/** `npm run reference`: makes the tables of docs/reference that say what the code says (commands, options, keys, routes, settings), and the manual page. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { manPage } from '../src/cli/help/manPage.ts';
import { MAN_PAGE, REFERENCE_PAGES, withReferenceTables } from './referenceTables.ts';

const pathOf = (page: string): string => fileURLToPath(new URL(`../${page}`, import.meta.url));

for (const page of REFERENCE_PAGES) {
  const path = pathOf(page);
  writeFileSync(path, withReferenceTables(readFileSync(path, 'utf8')));
}
writeFileSync(pathOf(MAN_PAGE), manPage());
