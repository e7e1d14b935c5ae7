import { findColumn, findTable, type SourceTable } from '../../../contract/sourceSchema.ts';
import { BSON_TYPE, type BsonWriter, type FieldName, fieldName, indexName } from '../../../encoding/bsonWriter.ts';
import { columnKind } from '../../../encoding/columnKind.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { writeColumn } from '../../../encoding/writeColumn.ts';
import { quoteIdentifier } from '../../../quoteSql.ts';
import type { ChildDefinition } from '../layout.ts';
import type { RowChoice } from '../rows/rowChoice.ts';

/** Writes one field that no column has, from a row and those of its child tables. */
export type AddedField = (out: BsonWriter, row: RowView, children: readonly (readonly RowView[])[]) => void;

/** The fields that core tables get beside their columns; registers the child tables that they read. */
export function addedFields(rows: RowChoice, table: SourceTable, children: ChildDefinition[]): AddedField[] {
  const fields: AddedField[] = [];
  const copyOf = (target: string, source: string, type: 'int64' | 'same') => {
    const index = table.columns.findIndex((column) => column.name === source);
    const column = table.columns[index];
    if (column === undefined || findColumn(table, target) !== undefined) return;
    const name = fieldName(target);
    const kind = columnKind(column);
    fields.push((out, row) => {
      const value =
        type === 'int64' && (kind.scalar === 'int32' || kind.scalar === 'int64') ? row.integer(index) : undefined;
      if (value === undefined) writeColumn(out, name, kind, row, index);
      else if (value === null) out.null(name);
      else out.int64(name, value);
    });
  };
  const emptyTags = () => {
    if (findColumn(table, 'tags') !== undefined) return;
    const name = fieldName('tags');
    fields.push((out) => out.end(out.beginField(BSON_TYPE.array, name)));
  };
  const pairs = (target: string, child: PairChild) => {
    if (findColumn(table, target) !== undefined) return;
    const position = addPairChild(rows, child, children);
    const name = fieldName(target);
    fields.push((out, _row, rows) => writePairs(out, name, position === null ? [] : (rows[position] ?? [])));
  };
  switch (table.name) {
    case 'experiments':
      pairs('tags', { table: 'experiment_tags', link: 'experiment_id', key: 'key', value: 'value' });
      break;
    case 'runs':
      copyOf('run_name', 'name', 'same');
      break;
    case 'registered_models':
    case 'model_versions':
      copyOf('creation_timestamp', 'creation_time', 'int64');
      copyOf('last_updated_timestamp', 'last_updated_time', 'int64');
      copyOf('creation_time', 'creation_timestamp', 'int64');
      copyOf('last_updated_time', 'last_updated_timestamp', 'int64');
      emptyTags();
      break;
    case 'logged_models':
      copyOf('creation_time', 'creation_timestamp_ms', 'int64');
      copyOf('last_update_time', 'last_updated_timestamp_ms', 'int64');
      pairs('tags', { table: 'logged_model_tags', link: 'model_id', key: 'tag_key', value: 'tag_value' });
      pairs('params', { table: 'logged_model_params', link: 'model_id', key: 'param_key', value: 'param_value' });
      break;
    default:
      break;
  }
  return fields;
}

interface PairChild {
  readonly table: string;
  readonly link: string;
  readonly key: string;
  readonly value: string;
}

/** Position among the children, or null where this release has no such table or columns. */
function addPairChild(rows: RowChoice, child: PairChild, children: ChildDefinition[]): number | null {
  const table = findTable(rows.schema, child.table);
  if (table === undefined) return null;
  if ([child.link, child.key, child.value].some((name) => findColumn(table, name) === undefined)) return null;
  const link = `t.${quoteIdentifier(child.link)}`;
  const key = `t.${quoteIdentifier(child.key)}`;
  children.push({
    table: child.table,
    from: `${rows.relation(child.table)} t`,
    select: [`${key}::text`, `t.${quoteIdentifier(child.value)}::text`],
    where: null,
    link: [link],
    parentLink: [link],
    orderBy: [link, `${key}::text collate "C"`],
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
