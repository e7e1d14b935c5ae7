import { findColumn, isUnique, type SourceSchema, type SourceTable } from '../../../contract/sourceSchema.ts';
import { type ColumnKind, columnKind, type ScalarKind } from '../../../encoding/columnKind.ts';
import type { IndexDefinition } from '../layout.ts';
import { documentField, isAddressable } from '../targetNames.ts';

/** An index of tables-layout.md: fields (`-name` for descending), `u` where it is unique if the SQL schema says so. */
type CoreIndex = readonly [fields: readonly string[], unique?: 'u'];

/** "The seven core tables" of tables-layout.md. */
const CORE_INDEXES: Readonly<Record<string, readonly CoreIndex[]>> = {
  experiments: [
    [['name'], 'u'],
    [['creation_time']],
    [['experiment_id'], 'u'],
    [['lifecycle_stage']],
    [['last_update_time']],
  ],
  runs: [
    [['experiment_id']],
    [['start_time']],
    [['status']],
    [['lifecycle_stage']],
    [['experiment_id', '-start_time']],
    [['experiment_id', 'status']],
    [['run_uuid'], 'u'],
  ],
  metrics: [
    [['run_uuid', 'key', 'step']],
    [['timestamp']],
    [['run_uuid', '-timestamp']],
    [['run_uuid', 'key', 'timestamp']],
  ],
  params: [[['run_uuid', 'key'], 'u']],
  tags: [[['run_uuid', 'key'], 'u']],
  registered_models: [[['name'], 'u'], [['creation_timestamp']], [['last_updated_timestamp']]],
  model_versions: [[['name', 'version'], 'u'], [['current_stage']], [['run_id']], [['creation_timestamp']]],
};

/** BSON type of a field by the kind of its column, as `$type` names it. */
const BSON_TYPE_NAME: Readonly<Record<ScalarKind, string>> = {
  bool: 'bool',
  int32: 'int',
  int64: 'long',
  float4: 'double',
  float8: 'double',
  text: 'string',
  uuid: 'string',
  json: 'object',
  jsonb: 'object',
  bytea: 'binData',
  timestamp: 'date',
  date: 'date',
  numeric: 'decimal',
};

/**
 * Indexes of one table's collection: those of the core tables, and one on each foreign key that no other index begins
 * with. Unique only where the source says so; `name` alone is not unique where workspaces key by workspace and name.
 */
export function tableIndexes(table: SourceTable, schema: SourceSchema): IndexDefinition[] {
  const indexes: IndexDefinition[] = [];
  const hasWorkspace = findColumn(table, 'workspace') !== undefined;
  for (const [fields, unique] of CORE_INDEXES[table.name] ?? []) {
    const names = fields.map((field) => field.replace(/^-/, ''));
    if (!names.every((name) => hasField(table, name))) continue;
    const keys = fields.map((field) =>
      field.startsWith('-') ? ([field.slice(1), -1] as const) : ([field, 1] as const),
    );
    if (unique === undefined) {
      add(indexes, { keys, isUnique: false });
    } else if (isUnique(table, names)) {
      add(indexes, uniqueIndex(table, names));
    } else if (hasWorkspace && names.includes('name')) {
      const scoped = ['workspace', ...names];
      add(
        indexes,
        isUnique(table, scoped)
          ? uniqueIndex(table, scoped)
          : { keys: scoped.map((name) => [name, 1] as const), isUnique: false },
      );
      add(indexes, { keys: [['name', 1]], isUnique: false });
    } else {
      add(indexes, { keys, isUnique: false });
    }
  }
  for (const { columns, referencedTable } of table.foreignKeys) {
    const fields = columns.map((column) => documentField(table, column));
    if (!fields.every(isAddressable) || indexes.some((index) => beginsWith(index, fields))) continue;
    if (!schema.tables.some((other) => other.name === referencedTable)) continue;
    add(
      indexes,
      isUnique(table, columns)
        ? uniqueIndex(table, columns)
        : { keys: fields.map((name) => [name, 1] as const), isUnique: false },
    );
  }
  return indexes;
}

/** Columns of the row, and the timestamps that both names are written for. */
function hasField(table: SourceTable, name: string): boolean {
  if (findColumn(table, name) !== undefined) return true;
  const older = { creation_timestamp: 'creation_time', last_updated_timestamp: 'last_updated_time' }[name];
  return older !== undefined && findColumn(table, older) !== undefined;
}

function uniqueIndex(table: SourceTable, names: readonly string[]): IndexDefinition {
  const keys = names.map((name) => [documentField(table, name), 1] as const);
  const nullable = names.filter((name) => findColumn(table, name)?.notNull === false);
  const kinds = names.map((name) => {
    const column = findColumn(table, name);
    return column === undefined ? null : columnKind(column);
  });
  if (kinds.some((kind) => kind === null || !isToldApart(kind))) return { keys, isUnique: false };
  // Which `_id` a row gets follows from its key alone.
  const holdsKey = table.key?.every((name) => names.includes(name)) === true ? { holdsKey: true as const } : {};
  if (nullable.length === 0) return { keys, isUnique: true, ...holdsKey };
  const presentFields: Record<string, string> = {};
  for (const name of nullable) {
    const column = findColumn(table, name);
    if (column !== undefined) presentFields[documentField(table, name)] = BSON_TYPE_NAME[columnKind(column).scalar];
  }
  return { keys, isUnique: true, presentFields, ...holdsKey };
}

/** Are values that SQL tells apart also apart in an index of the target? */
function isToldApart(kind: ColumnKind): boolean {
  // A BSON date keeps milliseconds. Of an array, also one in JSON, the target indexes each element by itself.
  return !kind.isArray && kind.scalar !== 'timestamp' && kind.scalar !== 'jsonb' && kind.scalar !== 'json';
}

/** Are the fields the first ones of the index, in their order? */
export function beginsWith(index: IndexDefinition, fields: readonly string[]): boolean {
  return fields.every((field, position) => index.keys[position]?.[0] === field);
}

function add(indexes: IndexDefinition[], index: IndexDefinition): void {
  const shape = JSON.stringify(index.keys);
  if (!indexes.some((other) => JSON.stringify(other.keys) === shape)) indexes.push(index);
}
