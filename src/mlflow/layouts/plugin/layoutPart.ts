import type { SourceTable } from '../../../contract/sourceSchema.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import type {
  ChildDefinition,
  CollectionDefinition,
  IndexDefinition,
  JoinedRows,
  ReferenceDefinition,
  SchemaNote,
} from '../layout.ts';
import { rowKey } from '../rowKey.ts';
import { tableCollection } from '../tables/tableCollection.ts';
import type { LayoutSource } from './layoutSource.ts';
import type { Selection } from './selection.ts';

/** What one builder makes of some tables. */
export interface LayoutPart {
  readonly collections: readonly CollectionDefinition[];
  readonly notes: readonly SchemaNote[];
  /** Tables whose every row stands in these collections, so that they need none of their own. */
  readonly tables: readonly string[];
}

/** A part for a release that lacks the tables. */
export const NO_PART: LayoutPart = { collections: [], notes: [], tables: [] };

/** Children of a definition, gathered while it is built. */
export class ChildList {
  readonly definitions: (ChildDefinition | JoinedRows)[] = [];

  /** The child's place among the children, -1 where this release has none. */
  add(child: ChildDefinition | JoinedRows | null): number {
    return child === null ? -1 : this.definitions.push(child) - 1;
  }
}

const NO_ROWS: readonly RowView[] = [];

/** Rows of the child at a place that {@link ChildList.add} gave. */
export function childRows(children: readonly (readonly RowView[])[], place: number): readonly RowView[] {
  return children[place] ?? NO_ROWS;
}

/** A table of keys and values that stand as pairs in the parent's document. */
export interface PairTable {
  readonly table: string;
  /** Columns that name the parent, in the order of {@link parentLink}. */
  readonly link: readonly string[];
  /** The parent's columns. */
  readonly parentLink: readonly string[];
  readonly key: string;
  readonly value: string;
}

/** Pairs as a child, ordered by key; null where this release has no such table. */
export function pairChild(source: LayoutSource, pairs: PairTable): ChildDefinition | null {
  if (!source.has(pairs.table, ...pairs.link, pairs.key, pairs.value)) return null;
  const link = pairs.link.map((column) => `t."${column}"`);
  return {
    table: pairs.table,
    from: `${source.relation(pairs.table)} t`,
    select: [`t."${pairs.key}"::text`, `${source.read(pairs.table, pairs.value)}::text`],
    where: null,
    link,
    parentLink: pairs.parentLink.map((column) => `t."${column}"`),
    orderBy: null,
    isCounted: true,
  };
}

/**
 * Rows of a table that are in no document, as a collection of their own in the `tables` layout, so that nothing is lost.
 * `condition` is over `t` and says which they are.
 */
export function remainder(
  source: LayoutSource,
  name: string,
  condition: string,
  notes: SchemaNote[],
  collection = name,
): CollectionDefinition[] {
  const table = source.find(name, []);
  if (table === undefined) return [];
  const definition = tableCollection(source.rows, table, [], notes, source.read);
  notes.push({
    table: name,
    message: `Rows of ${name} that belong to no document of the store plugin are in the collection ${collection}`,
  });
  return [{ ...definition, collection, where: condition, references: [], rowVersion: null }];
}

/** Single columns of tables that the plugin's documents have as `_id`. */
export const DOCUMENT_KEYS: Readonly<Record<string, readonly [column: string, collection: string]>> = {
  experiments: ['experiment_id', 'experiments'],
  runs: ['run_uuid', 'runs'],
  logged_models: ['model_id', 'logged_models'],
  trace_info: ['request_id', 'traces'],
};

/** Rows of a child table without a parent, where the schema does not keep them from being there, so that they are counted; see {@link remainder}. */
export function orphans(
  source: LayoutSource,
  child: { readonly table: string; readonly link: readonly string[] },
  parent: { readonly table: string; readonly link: readonly string[] },
  notes: SchemaNote[],
): CollectionDefinition[] {
  if (!source.has(child.table, ...child.link) || source.isReferenceKept(child.table, child.link, parent.table))
    return [];
  const match = child.link.map((column, index) => `p."${parent.link[index]}" = t."${column}"`).join(' and ');
  const definitions = remainder(
    source,
    child.table,
    `not exists (select from ${source.relation(parent.table)} p where ${match})`,
    notes,
  );
  const key = DOCUMENT_KEYS[parent.table];
  const [column] = child.link;
  if (key === undefined || column === undefined || child.link.length > 1) return definitions;
  const reference = {
    ...pluginReference(column, key[1], [child.table, column], [parent.table, key[0]]),
    isIndexed: false,
  };
  return definitions.map((definition) => ({ ...definition, references: [reference] }));
}

/** An index of the store plugin. */
export function pluginIndex(name: string, keys: IndexDefinition['keys'], isUnique = false): IndexDefinition {
  return { name, keys, isUnique };
}

/** A reference between documents that stands for columns of the source, by a field that an index of the plugin begins with. */
export function pluginReference(
  field: string,
  collection: string,
  [table, column]: readonly [string, string],
  [referencedTable, referencedColumn]: readonly [string, string],
): ReferenceDefinition {
  return {
    fields: [field],
    collection,
    referencedFields: ['_id'],
    isIndexed: true,
    source: { table, columns: [column], referencedTable, referencedColumns: [referencedColumn] },
  };
}

/** Columns of a table that are the same in the order of reading and in its ranges. */
export function byColumns(...columns: readonly string[]): Pick<CollectionDefinition, 'orderBy' | 'cutBy'> {
  const orderBy = columns.map((column) => `t."${column}"`);
  return { orderBy, cutBy: orderBy };
}

/** How the rows of a table are read that become documents together with children of theirs, and found again where a document has their key as `_id`. */
export function rootRows(
  source: LayoutSource,
  columns: Selection,
  table: string,
  key: readonly string[],
): Pick<
  CollectionDefinition,
  'table' | 'from' | 'select' | 'where' | 'orderBy' | 'cutBy' | 'rowVersion' | 'rootVersion' | 'rowKey'
> {
  const root = source.find(table, []);
  return {
    table,
    from: `${source.relation(table)} t`,
    select: columns.expressions,
    where: null,
    ...byColumns(...key),
    rowVersion: null,
    rootVersion: ownVersion(root),
    ...(root === undefined ? {} : rowKey(root, (column) => (column === DOCUMENT_KEYS[table]?.[0] ? '_id' : undefined))),
  };
}

/** Row version of a document that is made of one row: see {@link CollectionDefinition.rowVersion}. */
export function ownVersion(table: SourceTable | undefined): string | null {
  return table?.canSample === true ? 't.xmin' : null;
}
