import type pg from 'pg';
import type { KeyRange } from '../contract/plan.ts';
import { RowShelf, type RowView } from '../encoding/rowView.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { eachRow } from './copyRows.ts';
import { rangeStatement } from './rangeStatement.ts';
import { childLinks, type Family, readChildren } from './readChildren.ts';

/** Root rows that are read before their children, adapted so that one page with its children stays near this many bytes. */
const PAGE_BYTES = 4 * 1024 * 1024;
const FIRST_PAGE_ROWS = 200;
const MAX_PAGE_ROWS = 2_000;

/** Root rows of a range, in their order, and what belongs to them. */
export interface FamilyPage {
  readonly rows: readonly RowView[];
  readonly family: Family;
}

/** Reads a range's rows page by page, each with its children, at about the memory of two pages. */
export async function* readPages(
  client: pg.ClientBase,
  definition: CollectionDefinition,
  range: KeyRange,
): AsyncGenerator<FamilyPage, void> {
  const keyAt = definition.select.length;
  const keyCount = definition.orderBy.length;
  const links = childLinks(definition, keyAt + keyCount);
  const columnCount = keyAt + keyCount + links.expressions.length;
  let limit = FIRST_PAGE_ROWS;
  let lower = range.lower;
  let isAfter = false;
  for (;;) {
    const page = { limit, isAfter, links: links.expressions };
    const roots: RowView[] = [];
    const shelf = new RowShelf();
    await eachRow(client, rangeStatement(definition, { lower, upper: range.upper }, page), columnCount, (row) => {
      roots.push(shelf.keep(row));
    });
    if (roots.length === 0) return;
    let rows: readonly RowView[] = roots;
    let family = await readChildren(client, definition, links, rows);
    // Those before told nothing of how large these are: they are read again with fewer roots.
    while (family.isTooLarge && rows.length > 1) {
      rows = rows.slice(0, Math.max(1, fittingRows(rows, family.bytes)));
      family = await readChildren(client, definition, links, rows);
    }
    yield { rows, family };
    if (roots.length < limit && rows.length === roots.length) return;
    const last = rows.at(-1) as RowView;
    lower = Array.from({ length: keyCount }, (_, index) => last.text(keyAt + index));
    isAfter = true;
    const bytes = rows.reduce((sum, row) => sum + row.byteLength, family.bytes);
    limit = Math.max(1, Math.min(MAX_PAGE_ROWS, rows.length * 4, fittingRows(rows, bytes)));
  }
}

/** How many rows such as these, of so many bytes with their children, make a page. */
function fittingRows(rows: readonly RowView[], bytes: number): number {
  return Math.floor((rows.length * PAGE_BYTES) / Math.max(bytes, 1));
}
