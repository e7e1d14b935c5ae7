import { type Document, deserialize } from 'bson';
import type { LayoutOptions } from '../../../src/contract/plan.ts';
import type { SourceForeignKey, SourceSchema, SourceTable } from '../../../src/contract/sourceSchema.ts';
import { BsonWriter } from '../../../src/encoding/bsonWriter.ts';
import { RowView } from '../../../src/encoding/rowView.ts';
import type { CollectionDefinition, LayoutDefinition } from '../../../src/mlflow/layouts/layout.ts';
import { buildMlflowLayout } from '../../../src/mlflow/layouts/plugin/buildMlflowLayout.ts';

/** A value as the wire would bring it: text, int8, float8, bool. */
export type Value = string | bigint | number | boolean | null;

/** A table by its columns (`name:type`, text where no type is given); the first ones marked `!` are the key. */
export function table(
  name: string,
  columns: readonly string[],
  foreignKeys: readonly SourceForeignKey[] = [],
): SourceTable {
  const parsed = columns.map((column) => {
    const [title = '', type = 'varchar'] = column.replace('!', '').split(':');
    return { name: title, type, isKey: column.includes('!') };
  });
  const key = parsed.filter(({ isKey }) => isKey).map((column) => column.name);
  return {
    name,
    columns: parsed.map((column) => ({
      name: column.name,
      type: column.type,
      typeClass: 'b',
      elementType: null,
      elementClass: null,
      notNull: column.isKey,
    })),
    key: key.length === 0 ? null : key,
    uniqueKeys: key.length === 0 ? [] : [key],
    foreignKeys,
    bytes: 8192,
    leadingColumns: key.slice(0, 1),
    canSample: true,
  };
}

export function schemaOf(...tables: readonly SourceTable[]): SourceSchema {
  return { schema: 'public', serverVersion: 160000, revisions: ['abc'], tables };
}

export function layoutOf(schema: SourceSchema, options: Partial<LayoutOptions> = {}): LayoutDefinition {
  return buildMlflowLayout(schema, { layout: 'mlflow', tables: null, workspace: null, ...options });
}

export function collectionOf(layout: LayoutDefinition, name: string): CollectionDefinition {
  const found = layout.collections.find(({ collection }) => collection === name);
  if (found === undefined) throw new Error(`The layout has no collection ${name}`);
  return found;
}

/** A row for a SELECT: each expression is told by the column that it names last; what is not given is NULL. */
function rowFor(select: readonly string[], values: Readonly<Record<string, Value>>): RowView {
  return rowOf(
    select.map((expression) => {
      const column =
        /\.\s*"?(\w+)"?::(?:text|int8|float8|bool)/.exec(expression)?.[1] ?? /\."?(\w+)"?$/.exec(expression)?.[1];
      return column === undefined ? null : (values[column] ?? null);
    }),
  );
}

/** A row of values in the order of the SELECT. */
function rowOf(values: readonly Value[]): RowView {
  const row = new RowView(values.length);
  const parts: Buffer[] = [];
  let at = 0;
  values.forEach((value, index) => {
    const bytes = value === null ? null : wireBytes(value);
    row.fields[index * 2] = at;
    row.fields[index * 2 + 1] = bytes === null ? -1 : bytes.length;
    if (bytes === null) return;
    parts.push(bytes);
    at += bytes.length;
  });
  row.buffer = Buffer.concat(parts);
  return row;
}

function wireBytes(value: string | bigint | number | boolean): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0]);
  const bytes = Buffer.alloc(8);
  if (typeof value === 'bigint') bytes.writeBigInt64BE(value);
  else bytes.writeDoubleBE(value);
  return bytes;
}

/** The document of a row, with BSON's types kept: int64 as Long, int32 as Int32, double as Double. */
export function documentOf(
  definition: CollectionDefinition,
  values: Readonly<Record<string, Value>>,
  children: Readonly<Record<string, readonly (readonly Value[])[]>> = {},
): Document {
  return deserialize(encoded(definition, values, children).copyFrom(0), { promoteValues: false, promoteLongs: false });
}

/** The same as bytes. */
export function bytesOf(
  definition: CollectionDefinition,
  values: Readonly<Record<string, Value>>,
  children: Readonly<Record<string, readonly (readonly Value[])[]>> = {},
): Buffer {
  return encoded(definition, values, children).copyFrom(0);
}

/** What the document of a row does not hold unchanged: severity and field of each. */
export function lossesOf(
  definition: CollectionDefinition,
  values: Readonly<Record<string, Value>>,
  children: Readonly<Record<string, readonly (readonly Value[])[]>> = {},
): string[] {
  return encoded(definition, values, children).losses.map(({ severity, field }) => `${severity} ${field}`);
}

function encoded(
  definition: CollectionDefinition,
  values: Readonly<Record<string, Value>>,
  children: Readonly<Record<string, readonly (readonly Value[])[]>>,
): BsonWriter {
  const out = new BsonWriter();
  const rows = definition.children.map((child) => (children[childName(child)] ?? []).map(rowOf));
  definition.encode(out, rowFor(definition.select, values), rows);
  return out;
}

/** Children by table; those of one table that differ by what they ask for as `table/text of their condition`. */
function childName(child: CollectionDefinition['children'][number]): string {
  const kind = /MODEL_INPUT|MODEL_OUTPUT/.exec(child.where ?? '')?.[0];
  return kind === undefined ? child.table : `${child.table}/${kind}`;
}

/** Metrics of runs, and of logged models, as the latest releases have them. */
export const METRICS = table('metrics', [
  'key!',
  'value:float8!',
  'timestamp:int8!',
  'run_uuid!',
  'step:int8!',
  'is_nan:bool!',
]);
export const MODEL_METRICS = table('logged_model_metrics', [
  'model_id!',
  'metric_name!',
  'metric_timestamp_ms:int8!',
  'metric_step:int8!',
  'metric_value:float8',
  'run_id!',
  'dataset_name',
  'dataset_digest',
]);
