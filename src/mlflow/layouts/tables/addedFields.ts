import { findColumn, findTable, type SourceColumn, type SourceTable } from '../../../contract/sourceSchema.ts';
import { BSON_TYPE, type BsonWriter, type FieldName, fieldName, indexName } from '../../../encoding/bsonWriter.ts';
import { columnKind } from '../../../encoding/columnKind.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { writeColumn } from '../../../encoding/writeColumn.ts';
import { quoteIdentifier } from '../../../quoteSql.ts';
import type { ColumnReader } from '../../schema/columnReader.ts';
import type { ChildDefinition } from '../layout.ts';
import type { RowChoice } from '../rows/rowChoice.ts';

/** Writes one field that no column has, from a row and those of its child tables. */
export type AddedField = (out: BsonWriter, row: RowView, children: readonly (readonly RowView[])[]) => void;

/** A field that says what a column says, under the name that the readers of the layout look for. */
export interface CopiedField {
  readonly field: string;
  readonly column: string;
  /** Is it int64 also where the column is a smaller integer? */
  readonly isLong: boolean;
}

/** A field that holds the keys and values of another table's rows. */
export interface PairField {
  readonly field: string;
  readonly table: string;
  /** Column that names the row they belong to, which has one of the same name. */
  readonly link: string;
  readonly key: string;
  readonly value: string;
}

const MODEL_TIMES: readonly CopiedField[] = [
  { field: 'creation_timestamp', column: 'creation_time', isLong: true },
  { field: 'last_updated_timestamp', column: 'last_updated_time', isLong: true },
  { field: 'creation_time', column: 'creation_timestamp', isLong: true },
  { field: 'last_updated_time', column: 'last_updated_timestamp', isLong: true },
];
const COPIED: Readonly<Record<string, readonly CopiedField[]>> = {
  runs: [{ field: 'run_name', column: 'name', isLong: false }],
  registered_models: MODEL_TIMES,
  model_versions: MODEL_TIMES,
  logged_models: [
    { field: 'creation_time', column: 'creation_timestamp_ms', isLong: true },
    { field: 'last_update_time', column: 'last_updated_timestamp_ms', isLong: true },
  ],
};
const PAIRS: Readonly<Record<string, readonly PairField[]>> = {
  experiments: [{ field: 'tags', table: 'experiment_tags', link: 'experiment_id', key: 'key', value: 'value' }],
  logged_models: [
    { field: 'tags', table: 'logged_model_tags', link: 'model_id', key: 'tag_key', value: 'tag_value' },
    { field: 'params', table: 'logged_model_params', link: 'model_id', key: 'param_key', value: 'param_value' },
  ],
};
/** Tables whose documents have an empty list of tags. */
const EMPTY_TAGS: ReadonlySet<string> = new Set(['registered_models', 'model_versions']);

/** Fields of a table's documents that copy a column: where the table has that, and none of the field's own name. */
export function copiedFields(table: SourceTable): readonly CopiedField[] {
  return (COPIED[table.name] ?? []).filter(
    ({ field, column }) => findColumn(table, column) !== undefined && findColumn(table, field) === undefined,
  );
}

/** Fields of a table's documents that hold other tables' rows. */
export function pairFields(table: SourceTable): readonly PairField[] {
  return (PAIRS[table.name] ?? []).filter(({ field }) => findColumn(table, field) === undefined);
}

/** Field of a table's documents that is an empty list, null where there is none. */
export function emptyField(table: SourceTable): string | null {
  return EMPTY_TAGS.has(table.name) && findColumn(table, 'tags') === undefined ? 'tags' : null;
}

/** The fields that core tables get beside their columns; registers the child tables that they read. */
export function addedFields(
  rows: RowChoice,
  table: SourceTable,
  children: ChildDefinition[],
  read: ColumnReader,
): AddedField[] {
  const copied = copiedFields(table).map((copy) => copyOf(table, copy));
  const empty = emptyField(table);
  const pairs = pairFields(table).map((pair): AddedField => {
    const position = addPairChild(rows, pair, children, read);
    const name = fieldName(pair.field);
    return (out, _row, ofChildren) => writePairs(out, name, position === null ? [] : (ofChildren[position] ?? []));
  });
  return [...copied, ...(empty === null ? [] : [emptyList(empty)]), ...pairs];
}

function copyOf(table: SourceTable, { field, column, isLong }: CopiedField): AddedField {
  const index = table.columns.findIndex(({ name }) => name === column);
  const kind = columnKind(table.columns[index] as SourceColumn);
  const name = fieldName(field);
  const isWidened = isLong && (kind.scalar === 'int32' || kind.scalar === 'int64');
  return (out, row) => {
    const value = isWidened ? row.integer(index) : undefined;
    if (value === undefined) writeColumn(out, name, kind, row, index);
    else if (value === null) out.null(name);
    else out.int64(name, value);
  };
}

function emptyList(field: string): AddedField {
  const name = fieldName(field);
  return (out) => out.end(out.beginField(BSON_TYPE.array, name));
}

/** Position among the children, or null where this release has no such table or columns. */
function addPairChild(
  rows: RowChoice,
  child: PairField,
  children: ChildDefinition[],
  read: ColumnReader,
): number | null {
  const table = findTable(rows.schema, child.table);
  if (table === undefined) return null;
  if ([child.link, child.key, child.value].some((name) => findColumn(table, name) === undefined)) return null;
  const link = `t.${quoteIdentifier(child.link)}`;
  const key = `t.${quoteIdentifier(child.key)}`;
  children.push({
    table: child.table,
    from: `${rows.relation(child.table)} t`,
    select: [`${key}::text`, `${read(child.table, child.value)}::text`],
    where: null,
    link: [link],
    parentLink: [link],
    orderBy: null,
    isCounted: false,
  });
  return children.length - 1;
}

const KEY = fieldName('key');
const VALUE = fieldName('value');

function writePairs(out: BsonWriter, name: FieldName, rows: readonly RowView[]): void {
  const array = out.beginField(BSON_TYPE.array, name);
  rows.forEach((row, index) => {
    const pair = out.beginField(BSON_TYPE.document, indexName(index));
    out.utf8(KEY, row.buffer, row.start(0), row.length(0));
    if (row.isNull(1)) out.null(VALUE);
    else out.utf8(VALUE, row.buffer, row.start(1), row.length(1));
    out.end(pair);
  });
  out.end(array);
}
