import type pg from 'pg';
import { RowShelf, type RowView } from '../encoding/rowView.ts';
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
  /** The rows of each child that belong to the row of the page at that position. */
  childrenAt(position: number): readonly (readonly RowView[])[];
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
  const groupings = new Map<number, Grouping>();
  for (const column of columns) {
    if (column !== null && !groupings.has(column)) groupings.set(column, groupBy(parents, column));
  }
  const read: { readonly groupOf: Int32Array; readonly rows: readonly (readonly RowView[] | undefined)[] }[] = [];
  let bytes = 0;
  for (const [index, child] of definition.children.entries()) {
    const grouping = groupings.get(columns[index] ?? -1);
    if (!isReadApart(child) || grouping === undefined || bytes > room) {
      read.push(NOTHING_READ);
      continue;
    }
    const group = await readGroups(client, child, grouping, room - bytes);
    bytes += group.bytes;
    read.push({ groupOf: grouping.groupOf, rows: group.rows });
  }
  return {
    bytes,
    isTooLarge: bytes > room,
    childrenAt: (position) => {
      const children: (readonly RowView[])[] = [];
      for (const { groupOf, rows } of read) children.push(rows[groupOf[position] as number] ?? NO_ROWS);
      return children;
    },
  };
}

const NOTHING_READ = { groupOf: new Int32Array(0), rows: [] };

/** The rows of a page by the text of one link. */
interface Grouping {
  readonly column: number;
  /** Number of the group that a row belongs to, by its position; groups are numbered as they come. */
  readonly groupOf: Int32Array;
  /** The first row of each group. */
  readonly firsts: readonly RowView[];
  readonly byText: ReadonlyMap<string, number>;
}

function groupBy(parents: readonly RowView[], column: number): Grouping {
  const groupOf = new Int32Array(parents.length);
  const firsts: RowView[] = [];
  const byText = new Map<string, number>();
  parents.forEach((parent, position) => {
    const text = parent.text(column);
    let group = byText.get(text);
    if (group === undefined) {
      group = firsts.push(parent) - 1;
      byText.set(text, group);
    }
    groupOf[position] = group;
  });
  return { column, groupOf, firsts, byText };
}

/** Rows of a child between the first and the last link of a page, by their group; over `room` bytes they are only counted. */
async function readGroups(
  client: pg.ClientBase,
  child: ChildDefinition,
  grouping: Grouping,
  room: number,
): Promise<{ rows: RowView[][]; bytes: number }> {
  const { column, firsts } = grouping;
  const [first, last] = [firsts[0] as RowView, firsts.at(-1) as RowView];
  let rows: RowView[][] = [];
  let shelf = new RowShelf();
  let bytes = 0;
  let group = 0;
  const at = child.select.length;
  await eachRow(client, groupStatement(child, first.text(column), last.text(column)), at + 1, (row) => {
    bytes += row.byteLength;
    if (bytes > room) {
      rows = [];
      shelf = new RowShelf();
      return;
    }
    const own = groupOfChild(grouping, row, at, group);
    if (own === undefined) return;
    group = own;
    const kept = shelf.keep(row);
    const siblings = rows[own];
    if (siblings === undefined) rows[own] = [kept];
    else siblings.push(kept);
  });
  if (child.orderBy === null) {
    for (const siblings of rows) siblings?.sort((one, other) => one.compareText(0, other));
  }
  return { rows, bytes };
}

/** The group of a child's row: mostly that of the row before, and where both sides come in the order of the link the next one. */
function groupOfChild(
  { firsts, column, byText }: Grouping,
  row: RowView,
  at: number,
  before: number,
): number | undefined {
  if (row.isNull(at)) return undefined;
  for (let group = before; group < before + 2 && group < firsts.length; group++) {
    if (row.hasSameText(at, firsts[group] as RowView, column)) return group;
  }
  return byText.get(row.text(at));
}

function groupStatement(child: ChildDefinition, first: string, last: string): string {
  const link = tuple(child.link);
  const conditions = [`${link} >= ${linkLiteral(child.link, first)}`, `${link} <= ${linkLiteral(child.link, last)}`];
  if (child.where !== null) conditions.push(child.where);
  return (
    `select ${[...child.select, linkText(child.link)].join(', ')} from ${child.from}` +
    ` where ${conditions.join(' and ')}${child.orderBy === null ? '' : ` order by ${child.orderBy.join(', ')}`}`
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
