import { findColumn, type SourceSchema, type SourceTable } from '../../../contract/sourceSchema.ts';
import { columnKind, selectExpression } from '../../../encoding/columnKind.ts';
import { type KeyColumn, writeDocumentId } from '../../../encoding/documentId.ts';
import { quoteIdentifier } from '../../../quoteSql.ts';
import type { ColumnReader } from '../../schema/columnReader.ts';
import { tableReferences } from '../../schema/tableReferences.ts';
import type { ChildDefinition, CollectionDefinition, SchemaNote } from '../layout.ts';
import { rowKey } from '../rowKey.ts';
import type { RowChoice } from '../rows/rowChoice.ts';
import { collectionName, documentField, isAddressable } from '../targetNames.ts';
import { type AddedField, addedFields } from './addedFields.ts';
import { columnWriters, type FieldWriter } from './columnWriters.ts';
import { documentReferences } from './documentReferences.ts';
import { idWriter } from './idWriter.ts';
import { tableIndexes } from './tableIndexes.ts';

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

/** One table as a collection of its own; the `mlflow` layout uses it for tables that the plugin has no place for. */
export function tableCollection(
  rows: RowChoice,
  table: SourceTable,
  chosen: readonly SourceTable[],
  notes: SchemaNote[],
  read: ColumnReader,
): CollectionDefinition {
  const select = table.columns.map((column) => selectExpression(column, read(table.name, column.name)));
  const { schema } = rows;
  const relation = rows.relation(table.name);
  const writers = columnWriters(table, notes);
  const children: ChildDefinition[] = [];
  const added = addedFields(rows, table, children, read);
  const collection = collectionName(schema, table.name);
  if (collection !== table.name) {
    const message = `MongoDB does not allow a collection named ${table.name}: its rows are in ${collection}`;
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
    references: documentReferences(schema, table, chosen, notes),
  };

  if (table.key === null) {
    notes.push({ table: table.name, message: 'The table has no primary key: _id is a digest of the whole row' });
    return { ...shared, ...keyedByContent(table, relation, select, (id) => encoder(id, writers, added)) };
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
    from: `${relation} t`,
    orderBy,
    // A bound on a float would have to name NaN and signed zeros: the columns before it cut finely enough.
    cutBy: floatAt < 0 ? orderBy : orderBy.slice(0, floatAt),
    // A child that vanished leaves no trace in its parent's row; tables of other servers have no transactions here.
    rowVersion: children.length === 0 && table.canSample ? 't.xmin' : null,
    rootVersion: table.canSample ? 't.xmin' : null,
    ...rowKey(table, (column) => {
      const field = documentField(table, column);
      return isAddressable(field) ? field : undefined;
    }),
    encode: encoder(idWriter(table, key), writers, added),
  };
}

/** Without a key the row's own content is one: equal rows are numbered, so each arrives once and always as the same document. */
function keyedByContent(
  table: SourceTable,
  relation: string,
  columns: readonly string[],
  encodeWith: (writeId: FieldWriter) => CollectionDefinition['encode'],
): Pick<
  CollectionDefinition,
  'select' | 'from' | 'fromWithin' | 'rootFrom' | 'orderBy' | 'cutBy' | 'isCutByDigest' | 'rowVersion' | 'encode'
> {
  const hash = quoteIdentifier(unusedName(table, 'migration row hash'));
  const number = quoteIdentifier(unusedName(table, 'migration row number'));
  // `s` alone is a column of that name where there is one; `s.*` is always the whole row.
  const row = '(s.*)::text';
  const digest = `sha256(convert_to(${row}, 'UTF8'))`;
  const key: KeyColumn[] = [
    { index: columns.length, kind: 'text' },
    { index: columns.length + 1, kind: 'int64' },
  ];
  const numbered =
    `select s.*, encode(${digest}, 'hex') as ${hash},` +
    ` row_number() over (partition by ${row}) as ${number} from ${relation} s`;
  return {
    select: [...columns, `t.${hash}`, `t.${number}`],
    from: `(${numbered}) t`,
    // Equal rows have one digest, so that a range holds all of them or none, and their numbers are the same in any range.
    fromWithin: (lower, upper) => {
      const bounds = [
        ...(lower === null ? [] : [`${digest} >= decode(${lower[0]}, 'hex')`]),
        ...(upper === null ? [] : [`${digest} < decode(${upper[0]}, 'hex')`]),
      ];
      return `(${numbered}${bounds.length === 0 ? '' : ` where ${bounds.join(' and ')}`}) t`;
    },
    rootFrom: `${relation} t`,
    orderBy: [`t.${hash} collate "C"`, `t.${number}`],
    cutBy: [`t.${hash} collate "C"`],
    isCutByDigest: true,
    rowVersion: null,
    encode: encodeWith((out, row) => writeDocumentId(out, row, key)),
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
