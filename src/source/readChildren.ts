import type pg from 'pg';
import { ByteShelf, type RowView } from '../encoding/rowView.ts';
import type { ChildDefinition, CollectionDefinition, JoinedRows } from '../mlflow/layouts/layout.ts';
import { quoteLiteral } from '../quoteSql.ts';
import { eachRow } from './copyRows.ts';
import { tuple } from './rangeStatement.ts';

/** Bytes of children that are kept for one page of roots. */
const MAX_PAGE_BYTES = 32 * 1024 * 1024;

const NO_ROWS: readonly RowView[] = [];

/** Is the child read with pages of its parents, rather than joined to them? */
export function isReadApart(child: ChildDefinition | JoinedRows): child is ChildDefinition {
  return 'from' in child;
}

/** How a definition's children are found by the rows of a page. */
export interface ChildLinks {
  /** Expressions over the parent that its page selects, each once. */
  readonly expressions: readonly string[];
  /** Column of the page that holds the link, by child; null for a child that is not read apart. */
  readonly columns: readonly (number | null)[];
}

/** The links of a definition whose pages have them from that column on. */
export function childLinks({ children }: CollectionDefinition, firstColumn: number): ChildLinks {
  const nameOf = (child: ChildDefinition) => linkText(child.parentLink);
  const expressions = [...new Set(children.filter(isReadApart).map(nameOf))];
  const columns = children.map((child) =>
    isReadApart(child) ? firstColumn + expressions.indexOf(nameOf(child)) : null,
  );
  return { expressions, columns };
}

/** The children of a page's rows. */
export interface Family {
  /** Bytes of all children, of those that were not kept too. */
  readonly bytes: number;
  /** Were children left out, as there is not room for all? */
  readonly isTooLarge: boolean;
  /** The rows of each child that belong to a row of the page. */
  childrenOf(parent: RowView): readonly (readonly RowView[])[];
}

/** Reads the children of the rows of a page, which are in the order of their links. */
export async function readChildren(
  client: pg.ClientBase,
  definition: CollectionDefinition,
  { columns }: ChildLinks,
  parents: readonly RowView[],
): Promise<Family> {
  // The children of one root are one document: they are kept whatever there is of them.
  const room = parents.length === 1 ? Number.POSITIVE_INFINITY : MAX_PAGE_BYTES;
  const groups: (ReadonlyMap<string, readonly RowView[]> | null)[] = [];
  let bytes = 0;
  for (const [index, child] of definition.children.entries()) {
    const column = columns[index] ?? null;
    if (!isReadApart(child) || column === null || bytes > room) {
      groups.push(null);
      continue;
    }
    const [first, last] = [parents[0] as RowView, parents.at(-1) as RowView];
    const group = await readGroups(client, child, [first.text(column), last.text(column)], room - bytes);
    bytes += group.bytes;
    groups.push(group.rows);
  }
  return {
    bytes,
    isTooLarge: bytes > room,
    childrenOf: (parent) =>
      columns.map((column, index) =>
        column === null ? NO_ROWS : (groups[index]?.get(parent.text(column)) ?? NO_ROWS),
      ),
  };
}

/** Rows of a child between two links, grouped by the text of their link; over `room` bytes they are only counted. */
async function readGroups(
  client: pg.ClientBase,
  child: ChildDefinition,
  [first, last]: readonly [string, string],
  room: number,
): Promise<{ rows: Map<string, RowView[]>; bytes: number }> {
  const rows = new Map<string, RowView[]>();
  let shelf = new ByteShelf();
  let bytes = 0;
  const at = child.select.length;
  await eachRow(client, groupStatement(child, first, last), at + 1, (row) => {
    bytes += row.byteLength;
    if (bytes > room) {
      rows.clear();
      shelf = new ByteShelf();
      return;
    }
    const key = row.text(at);
    const group = rows.get(key);
    const kept = row.snapshot(shelf);
    if (group === undefined) rows.set(key, [kept]);
    else group.push(kept);
  });
  return { rows, bytes };
}

function groupStatement(child: ChildDefinition, first: string, last: string): string {
  const link = tuple(child.link);
  const conditions = [`${link} >= ${linkLiteral(child.link, first)}`, `${link} <= ${linkLiteral(child.link, last)}`];
  if (child.where !== null) conditions.push(child.where);
  return (
    `select ${[...child.select, linkText(child.link)].join(', ')} from ${child.from}` +
    ` where ${conditions.join(' and ')} order by ${child.orderBy.join(', ')}`
  );
}

/** Links as one text each: the text of a single part, a JSON array of several, so that they cannot run together. */
function linkText(link: readonly string[]): string {
  const [only] = link;
  if (link.length === 1 && only !== undefined) return `(${only})::text`;
  return `jsonb_build_array(${link.map((part) => `(${part})::text`).join(', ')})::text`;
}

function linkLiteral(link: readonly string[], text: string): string {
  if (link.length === 1) return quoteLiteral(text);
  return `(${(JSON.parse(text) as string[]).map(quoteLiteral).join(', ')})`;
}
