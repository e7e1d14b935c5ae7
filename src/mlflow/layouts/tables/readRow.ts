import type { SourceColumn, SourceTable } from '../../../contract/sourceSchema.ts';
import { type BsonElement, bsonElements } from '../../../encoding/bsonElements.ts';
import { fieldText, stringValue } from '../../../encoding/bsonToJson.ts';
import { BSON_TYPE } from '../../../encoding/bsonWriter.ts';
import { columnKind } from '../../../encoding/columnKind.ts';
import { jsonText, type ReadColumn, readColumnValue } from '../../../encoding/readValue.ts';
import { ValueFault } from '../../../encoding/valueFault.ts';
import { JSON_TEXT_COLUMNS, UNICODE_JSON_COLUMNS } from '../../schema/jsonTextColumns.ts';
import { RUN_STATUS } from '../../schema/runStatus.ts';
import { documentField } from '../targetNames.ts';
import { copiedFields, emptyField, pairFields } from './addedFields.ts';

/** Why something of a document cannot stand in a row. Holds no value. */
export interface FieldFault {
  readonly field: string;
  readonly reason: string;
}

/** A row as a document holds it. */
export interface ReadRow {
  /** By the columns of the table: PostgreSQL's text, null for NULL, undefined where the document does not say. */
  readonly values: readonly (string | null | undefined)[];
  /** The same in one spelling, so that values that mean the same are equal: JSON with its keys in order. */
  readonly comparable: readonly (string | null | undefined)[];
  /** Rows of other tables that the document says it has, by the fields of `pairFields`: to be found there. */
  readonly pairs: readonly HeldPair[];
  readonly faults: readonly FieldFault[];
}

/** Key and value of another table's row, as a document of its parent holds them. */
export interface HeldPair {
  readonly field: string;
  readonly key: string;
  readonly value: string | null;
}

interface Column extends ReadColumn {
  readonly name: string;
  readonly field: string;
  /** JSON, in a column of that type or as a text: its spelling says nothing. */
  readonly isJson: boolean;
  readonly isUnicode: boolean;
  readonly isStatusNumber: boolean;
}

/** Text of a status by the number that old schemas hold. */
const STATUS_NUMBER: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(RUN_STATUS).map(([number, name]) => [name, number]),
);

/**
 * Reads documents of a table's collection as rows: the inverse of what `columnWriters` and `addedFields` write. What an application has
 * written otherwise is taken where it is lossless; the rest is a fault of the field.
 */
export function rowReader(table: SourceTable): (document: Buffer) => ReadRow {
  const columns = table.columns.map((column) => readColumn(table, column));
  const places = new Map(columns.map(({ field }, index) => [field, index]));
  const copies = new Map(
    copiedFields(table).map(({ field, column }) => [field, places.get(documentField(table, column))]),
  );
  const pairs = new Set(pairFields(table).map(({ field }) => field));
  const empty = emptyField(table);
  const valueAt = table.columns.findIndex(({ name, type }) => name === 'value' && type === 'float8');
  const isNanAt = table.columns.findIndex(({ name, type }) => name === 'is_nan' && type === 'bool');

  return (document) => {
    const values: (string | null | undefined)[] = columns.map(() => undefined);
    const comparable: (string | null | undefined)[] = columns.map(() => undefined);
    const faults: FieldFault[] = [];
    const held: HeldPair[] = [];
    const copied: { readonly field: string; readonly place: number; readonly element: BsonElement }[] = [];
    const take = (place: number, element: BsonElement, field: string) => {
      const column = columns[place] as Column;
      guarded(faults, field, () => {
        const value = readAs(column, element, false);
        values[place] = value;
        comparable[place] = column.isJson ? readAs(column, element, true) : value;
      });
    };
    guarded(faults, '', () => {
      for (const element of bsonElements(document)) {
        const field = fieldText(element.name);
        if (field === '_id') continue;
        const place = places.get(field);
        const copy = copies.get(field);
        if (place !== undefined) take(place, element, field);
        else if (copy !== undefined) copied.push({ field, place: copy, element });
        else if (pairs.has(field)) guarded(faults, field, () => held.push(...readPairs(field, element)));
        else if (field !== empty) faults.push({ field, reason: 'the table has no such column' });
        else if (element.type !== BSON_TYPE.array || element.value.length > EMPTY_BYTES)
          faults.push({ field, reason: 'the tags of these rows stand in a table of their own' });
      }
    });
    for (const { field, place, element } of copied) {
      const { field: own } = columns[place] as Column;
      if (values[place] === undefined && !faults.some((fault) => fault.field === own)) {
        take(place, element, field);
        continue;
      }
      guarded(faults, field, () => {
        if (readAs(columns[place] as Column, element, true) !== comparable[place])
          throw new ValueFault(`it says something else than ${own}: which of them is meant cannot be told`);
      });
    }
    markNan(values, valueAt, isNanAt);
    markNan(comparable, valueAt, isNanAt);
    return { values, comparable, pairs: held, faults };
  };
}

/** Bytes of an empty array. */
const EMPTY_BYTES = 5;

function readColumn(table: SourceTable, column: SourceColumn): Column {
  const kind = columnKind(column);
  const isText = kind.scalar === 'text' && !kind.isArray;
  const isStatus = table.name === 'runs' && column.name === 'status';
  return {
    name: column.name,
    field: documentField(table, column.name),
    kind,
    type: column.elementType ?? column.type,
    isJson:
      (isText && (JSON_TEXT_COLUMNS[table.name] ?? []).includes(column.name)) ||
      ((kind.scalar === 'json' || kind.scalar === 'jsonb') && !kind.isArray),
    isUnicode: (UNICODE_JSON_COLUMNS[table.name] ?? []).includes(column.name),
    isStatusNumber: isStatus && (kind.scalar === 'int32' || kind.scalar === 'int64'),
  };
}

function readAs(column: Column, element: BsonElement, isCompared: boolean): string | null {
  if (element.type === BSON_TYPE.null) return null;
  if (column.isJson) return jsonText(element.type, element.value, { isSorted: isCompared, isAscii: !column.isUnicode });
  if (column.isStatusNumber && element.type === BSON_TYPE.string) {
    const number = STATUS_NUMBER[stringValue(element.value)];
    if (number !== undefined) return number;
  }
  return readColumnValue(element, column);
}

/** A metric that is no number is 0 in the row, which says so in a column of its own; documents have NaN. */
function markNan(values: (string | null | undefined)[], valueAt: number, isNanAt: number): void {
  if (valueAt < 0 || isNanAt < 0 || values[valueAt] !== 'NaN') return;
  values[isNanAt] ??= 'true';
  if (values[isNanAt] === 'true') values[valueAt] = '0';
}

function readPairs(field: string, { type, value }: BsonElement): HeldPair[] {
  if (type !== BSON_TYPE.array) throw new ValueFault('it is no list of keys and values');
  return [...bsonElements(value)].map((pair) => {
    const found: { key?: string; value?: string | null } = {};
    for (const { name, type: of, value: bytes } of pair.type === BSON_TYPE.document ? bsonElements(pair.value) : []) {
      if (name !== 'key' && name !== 'value') throw new ValueFault('its items have more than a key and a value');
      if (of === BSON_TYPE.string) found[name] = stringValue(bytes);
      else if (of === BSON_TYPE.null && name === 'value') found.value = null;
      else throw new ValueFault('its keys and values are no texts');
    }
    if (found.key === undefined || found.value === undefined) throw new ValueFault('it is no list of keys and values');
    return { field, key: found.key, value: found.value };
  });
}

/** What a value's reader throws is a fault of the field, and so is a type of BSON that nothing here knows. */
function guarded(faults: FieldFault[], field: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (error instanceof ValueFault) faults.push({ field, reason: error.message });
    else if (error instanceof TypeError) faults.push({ field, reason: 'it holds a type of BSON that no column takes' });
    else throw error;
  }
}
