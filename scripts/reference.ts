/** `npm run reference`: makes the tables of docs/reference that say what the code says: commands, options, keys, routes, settings. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { REFERENCE_PAGES, withReferenceTables } from './referenceTables.ts';

for (const page of REFERENCE_PAGES) {
  const path = fileURLToPath(new URL(`../${page}`, import.meta.url));
  writeFileSync(path, withReferenceTables(readFileSync(path, 'utf8')));
}
