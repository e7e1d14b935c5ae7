import type { LayoutOptions } from '../../../contract/plan.ts';
import { findColumn, findTable, type SourceSchema, type SourceTable } from '../../../contract/sourceSchema.ts';
import { BSON_TYPE, type BsonWriter, type FieldName, fieldName, indexName } from '../../../encoding/bsonWriter.ts';
import { type ColumnKind, columnKind, quoteIdentifier, selectExpression } from '../../../encoding/columnKind.ts';
import { ID_FIELD, type KeyColumn, markedId, textId, writeDocumentId } from '../../../encoding/documentId.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { writeColumn, writeJsonOrText } from '../../../encoding/writeValue.ts';
import { tableReferences } from '../../schema/modelReferences.ts';
import { RUN_STATUS } from '../../schema/runStatus.ts';
import type {
  ChildDefinition,
  CollectionDefinition,
  LayoutDefinition,
  NewestQuestion,
  ReferenceDefinition,
  SchemaNote,
} from '../layout.ts';
import { collectionName, documentField, isAddressable } from '../targetNames.ts';
import { beginsWith, tableIndexes } from './tablesIndexes.ts';

/** Text columns that MLflow's own models declare as JSON (mlflow/store/tracking/dbmodels/models.py, 3.17). */
const JSON_TEXT_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  assessments: ['value', 'error', 'assessment_metadata'],
  issues: ['root_causes', 'categories', 'metadata'],
  spans: ['content'],
  secrets: ['masked_value', 'auth_config'],
  endpoints: ['fallback_config_json'],
  label_schemas: ['input_config'],
};

/** Key columns that name the parent, first in the order of reading also where an old database lacks the foreign key. */
const PARENT_COLUMNS: ReadonlySet<string> = new Set([
  'workspace',
  'experiment_id',
  'run_uuid',
  'run_id',
  'model_id',
  'request_id',
  'trace_id',
]);

/** Tables whose rows stand in `_migration` instead of a collection of their own. */
export const MARKER_TABLES: ReadonlySet<string> = new Set(['alembic_version']);

/** Columns of one table, in the order of its documents' fields, with a writer for each. */
type FieldWriter = (out: BsonWriter, row: RowView) => void;

/** The `tables` layout: one collection per table, by the rules of tables-layout.md. */
export function buildTablesLayout(schema: SourceSchema, options: LayoutOptions): LayoutDefinition {
  const notes: SchemaNote[] = [];
  const chosen = schema.tables.filter(
    (table) => !MARKER_TABLES.has(table.name) && (options.tables === null || options.tables.includes(table.name)),
  );
  const collections = chosen.map((table) => tableCollection(schema, table, chosen, notes));
  return { collections, notes, scopes: {}, checks: [], laterWrites: [], newest: newestQuestions(schema, chosen) };
}

/** Times by which the tables' own readers tell when something was made; the layout has an index on each. */
const TIMES: Readonly<Record<string, string>> = { runs: 'start_time', experiments: 'creation_time' };

function newestQuestions(schema: SourceSchema, tables: readonly SourceTable[]): NewestQuestion[] {
  return tables.flatMap((table) => {
    const time = TIMES[table.name];
    if (time === undefined || findColumn(table, time)?.type !== 'int8') return [];
    const only = table.hasHeirs === true ? 'only ' : '';
    const from = `${only}${quoteIdentifier(schema.schema)}.${quoteIdentifier(table.name)}`;
    const sql = `select max(${quoteIdentifier(time)})::text as newest from ${from}`;
    return [
      {
        collection: collectionName(schema, table.name),
        field: documentField(table, time),
        isIndexed: true,
        sql,
      },
    ];
  });
}

/** One table as a collection of its own; the `mlflow` layout uses it for tables that the plugin has no place for. */
export function tableCollection(
  schema: SourceSchema,
  table: SourceTable,
  chosen: readonly SourceTable[],
  notes: SchemaNote[],
): CollectionDefinition {
  const select = table.columns.map((column) => selectExpression(column));
  const only = table.hasHeirs === true ? 'only ' : '';
  const qualified = `${only}${quoteIdentifier(schema.schema)}.${quoteIdentifier(table.name)}`;
  const writers = columnWriters(table, notes);
  const children: ChildDefinition[] = [];
  const added = addedFields(schema, table, children);
  const collection = collectionName(schema, table.name);
  if (collection !== table.name) {
    const message = `MongoDB takes no collection named ${table.name}: its rows stand in ${collection}`;
    notes.push({ table: table.name, message });
  }
  const shared = {
    collection,
    table: table.name,
    select,
    where: null,
    children,
    fields: fieldNames(table),
    indexes: tableIndexes(table, schema),
    references: references(schema, table, chosen, notes),
  };

  if (table.key === null) {
    // Without a key the row's own content is one: equal rows are numbered, so each arrives once and always as the same document.
    const hashIndex = select.length;
    const hash = quoteIdentifier(unusedName(table, 'migration row hash'));
    const number = quoteIdentifier(unusedName(table, 'migration row number'));
    select.push(`t.${hash}`, `t.${number}`);
    // `s` alone is a column of that name where there is one; `s.*` is always the whole row.
    const row = '(s.*)::text';
    const key: KeyColumn[] = [
      { index: hashIndex, kind: 'text' },
      { index: hashIndex + 1, kind: 'int64' },
    ];
    notes.push({ table: table.name, message: 'The table has no primary key: _id is a digest of the whole row' });
    return {
      ...shared,
      from:
        `(select s.*, encode(sha256(convert_to(${row}, 'UTF8')), 'hex') as ${hash},` +
        ` row_number() over (partition by ${row}) as ${number} from ${qualified} s) t`,
      orderBy: [`t.${hash} collate "C"`, `t.${number}`],
      cutBy: [],
      rowVersion: null,
      encode: encoder((out, row) => writeDocumentId(out, row, key), writers, added),
    };
  }

  const idOrder = parentsFirst(schema, table, table.key);
  const key = idOrder.map((name): KeyColumn => {
    const index = table.columns.findIndex((column) => column.name === name);
    const kind = columnKind(table.columns[index] as SourceTable['columns'][number]);
    return { index, kind: kind.isArray ? 'bytea' : kind.scalar };
  });
  // The order of `_id`s is the best order of reading, where an index serves it.
  const order = table.leadingColumns.includes(idOrder[0] as string) ? idOrder : table.key;
  const orderBy = order.map((name) => `t.${quoteIdentifier(name)}`);
  const floatAt = order.findIndex((name) => /^float/.test(findColumn(table, name)?.type ?? ''));
  return {
    ...shared,
    from: `${qualified} t`,
    orderBy,
    // A bound on a float would have to name NaN and signed zeros: the columns before it cut finely enough.
    cutBy: floatAt < 0 ? orderBy : orderBy.slice(0, floatAt),
    // A child that vanished leaves no trace in its parent's row; tables of other servers have no transactions here.
    rowVersion: children.length === 0 && table.canSample ? 't.xmin' : null,
    rootVersion: table.canSample ? 't.xmin' : null,
    encode: encoder(idWriter(table, key), writers, added),
  };
}

/** A name that no column of the table has: the given one, or near to it. */
function unusedName(table: SourceTable, name: string): string {
  let candidate = name;
  while (findColumn(table, candidate) !== undefined) candidate += '_';
  return candidate;
}

/** Fields of the columns that a query can name. Arrays cannot be shard keys. */
function fieldNames(table: SourceTable): string[] {
  return table.columns
    .filter((column) => !columnKind(column).isArray)
    .map((column) => documentField(table, column.name))
    .filter(isAddressable);
}

/** Key columns with those that name a parent first, so that reading keeps the rows of one run together. */
function parentsFirst(schema: SourceSchema, table: SourceTable, key: readonly string[]): readonly string[] {
  // By MLflow's own model too: the key's order must not change with the loss of a foreign key.
  const parents = new Set(tableReferences(schema, table).flatMap((reference) => reference.columns));
  const isParent = (name: string) => parents.has(name) || PARENT_COLUMNS.has(name);
  return [...key.filter(isParent), ...key.filter((name) => !isParent(name))];
}

function encoder(
  writeId: FieldWriter,
  writers: readonly FieldWriter[],
  added: readonly AddedField[],
): CollectionDefinition['encode'] {
  return (out, row, children) => {
    const start = out.begin();
    writeId(out, row);
    for (const write of writers) write(out, row);
    for (const field of added) field(out, row, children);
    out.end(start);
  };
}

function idWriter(table: SourceTable, key: readonly KeyColumn[]): FieldWriter {
  const workspaceAt = table.columns.findIndex((column) => column.name === 'workspace');
  const nameAt = table.columns.findIndex((column) => column.name === 'name');
  const isModelKey =
    table.name === 'registered_models' &&
    table.key?.length === 2 &&
    table.key.includes('workspace') &&
    table.key.includes('name');
  if (isModelKey) {
    return (out, row) => out.string(ID_FIELD, modelId(row.text(workspaceAt), row.text(nameAt)));
  }
  return (out, row) => writeDocumentId(out, row, key);
}

/** `name` in the workspace `default`, `workspace:name` elsewhere; marked where a `:` would make two keys meet. */
function modelId(workspace: string, name: string): string {
  const isDefault = workspace === 'default';
  const isAmbiguous = isDefault ? name.includes(':') : workspace.includes(':');
  const id = isDefault ? name : `${workspace}:${name}`;
  return isAmbiguous ? markedId(`${workspace}:${id}`) : textId(id);
}

function columnWriters(table: SourceTable, notes: SchemaNote[]): FieldWriter[] {
  const isNanAt = table.columns.findIndex((column) => column.name === 'is_nan' && column.type === 'bool');
  const jsonColumns = JSON_TEXT_COLUMNS[table.name] ?? [];
  return table.columns.map((column, index): FieldWriter => {
    const kind = columnKind(column);
    if (!kind.hasCounterpart) {
      const message = `Column ${table.name}.${column.name} has type ${column.type}, which BSON does not know: its PostgreSQL text is carried`;
      notes.push({ table: table.name, field: column.name, message });
    }
    const field = documentField(table, column.name);
    const name = fieldName(field);
    if (field !== column.name) {
      const message = `Column ${table.name}.${column.name} stands in the field ${field}`;
      notes.push({ table: table.name, field: column.name, message });
    }
    if (isNanAt >= 0 && column.name === 'value' && kind.scalar === 'float8') {
      return (out, row) => {
        if (row.bool(isNanAt) === true && !row.isNull(index)) out.double(name, Number.NaN);
        else writeColumn(out, name, kind, row, index);
      };
    }
    if (jsonColumns.includes(column.name) && kind.scalar === 'text' && !kind.isArray) {
      return (out, row) => {
        if (row.isNull(index)) out.null(name);
        else writeJsonOrText(out, name, row.buffer, row.start(index), row.length(index));
      };
    }
    return (
      specialColumn(table.name, column.name, name, kind, index) ??
      ((out, row) => writeColumn(out, name, kind, row, index))
    );
  });
}

/** Columns of the core tables that the Genesis-Flow store wants in another type; null for all others. */
function specialColumn(
  table: string,
  column: string,
  name: FieldName,
  kind: ColumnKind,
  index: number,
): FieldWriter | null {
  const isInteger = kind.scalar === 'int32' || kind.scalar === 'int64';
  if (column === 'experiment_id' && (table === 'experiments' || table === 'runs') && isInteger) {
    return (out, row) => {
      const value = row.integer(index);
      if (value === null) out.null(name);
      else out.string(name, String(value));
    };
  }
  if (table === 'runs' && column === 'status' && (isInteger || kind.scalar === 'text')) {
    return (out, row) => {
      if (row.isNull(index)) {
        out.null(name);
        return;
      }
      const stored = isInteger ? String(row.integer(index)) : row.text(index);
      out.string(name, RUN_STATUS[stored] ?? stored);
    };
  }
  if (table === 'model_versions' && column === 'version' && kind.scalar === 'int64') {
    return (out, row) => {
      const value = row.integer(index);
      if (value === null) out.null(name);
      else if (value >= -2147483648n && value <= 2147483647n) out.int32(name, Number(value));
      else out.int64(name, value);
    };
  }
  return null;
}

type AddedField = (out: BsonWriter, row: RowView, children: readonly (readonly RowView[])[]) => void;

/** The fields that core tables get beside their columns; registers the child tables that they read. */
function addedFields(schema: SourceSchema, table: SourceTable, children: ChildDefinition[]): AddedField[] {
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
    const position = addPairChild(schema, child, children);
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
function addPairChild(schema: SourceSchema, child: PairChild, children: ChildDefinition[]): number | null {
  const table = findTable(schema, child.table);
  if (table === undefined) return null;
  if ([child.link, child.key, child.value].some((name) => findColumn(table, name) === undefined)) return null;
  const link = `t.${quoteIdentifier(child.link)}`;
  const key = `t.${quoteIdentifier(child.key)}`;
  children.push({
    table: child.table,
    from: `${quoteIdentifier(schema.schema)}.${quoteIdentifier(child.table)} t`,
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

/** What rows refer to in tables that are carried too, as references between documents. */
function references(
  schema: SourceSchema,
  table: SourceTable,
  chosen: readonly SourceTable[],
  notes: SchemaNote[],
): ReferenceDefinition[] {
  const indexes = tableIndexes(table, schema);
  return tableReferences(schema, table).flatMap(({ columns, referencedTable, referencedColumns }) => {
    const other = chosen.find(({ name }) => name === referencedTable);
    if (other === undefined) return [];
    const fields = columns.map((column) => documentField(table, column));
    const referencedFields = referencedColumns.map((column) => documentField(other, column));
    const hidden = [...fields, ...referencedFields].find((field) => !isAddressable(field));
    if (hidden !== undefined) {
      const message = `References to ${referencedTable} are neither indexed nor checked: MongoDB cannot name the field ${hidden}`;
      notes.push({ table: table.name, unseenReference: `${table.name} → ${referencedTable}`, message });
      return [];
    }
    const collection = collectionName(schema, referencedTable);
    return [
      {
        fields,
        collection,
        referencedFields,
        isIndexed: indexes.some((index) => beginsWith(index, fields)),
        source: { table: table.name, columns, referencedTable, referencedColumns },
      },
    ];
  });
}
