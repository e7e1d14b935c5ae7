import { BSON_TYPE, type BsonWriter, type FieldName, fieldName, indexName } from '../../../encoding/bsonWriter.ts';
import type { RowView } from '../../../encoding/rowView.ts';

/** A text column as a string, NULL as null. */
export function writeText(out: BsonWriter, name: FieldName, row: RowView, at: number): void {
  if (row.isNull(at)) out.null(name);
  else out.utf8(name, row.buffer, row.start(at), row.length(at));
}

/** Notes that a NULL stands as something else, as the readers take none in this field. */
export function noteNull(out: BsonWriter, name: FieldName, stands: string): void {
  const field = name.toString('utf8', 0, name.length - 1);
  out.losses.push({
    severity: 'note',
    field,
    message: `NULL, which the readers do not accept here, is stored as ${stands}`,
  });
}

/** A text column as a string, NULL as the given one: for fields that the readers hand to protobuf strings. */
export function writeTextOr(out: BsonWriter, name: FieldName, row: RowView, at: number, whenNull: string): void {
  if (row.isNull(at)) {
    noteNull(out, name, `'${whenNull}'`);
    out.string(name, whenNull);
  } else out.utf8(name, row.buffer, row.start(at), row.length(at));
}

/** A text column as a string; nothing where it is NULL. */
export function writeTextIfAny(out: BsonWriter, name: FieldName, row: RowView, at: number): void {
  if (!row.isNull(at)) out.utf8(name, row.buffer, row.start(at), row.length(at));
}

/** Elements of fields that are null, for {@link BsonWriter.element}: most documents have them so, and one copy is cheaper than a call for each. */
export function nullElements(...names: readonly FieldName[]): Buffer {
  return Buffer.concat(names.flatMap((name) => [Buffer.of(BSON_TYPE.null), name]));
}

/** An int8 column as int64, NULL as null. */
export function writeInt64(out: BsonWriter, name: FieldName, row: RowView, at: number): void {
  if (row.isNull(at)) out.null(name);
  else out.reversed8(BSON_TYPE.int64, name, row.buffer, row.start(at));
}

/** An int8 column as int64, NULL as 0: for fields that the readers hand to protobuf numbers. */
export function writeInt64OrZero(out: BsonWriter, name: FieldName, row: RowView, at: number): void {
  if (row.isNull(at)) {
    noteNull(out, name, '0');
    out.int64(name, 0n);
  } else out.reversed8(BSON_TYPE.int64, name, row.buffer, row.start(at));
}

/** An int8 column as the text of its number, NULL as Python's `None`: experiment ids are strings throughout. */
export function writeIdText(out: BsonWriter, name: FieldName, row: RowView, at: number): void {
  if (row.isNull(at)) noteNull(out, name, "'None'");
  out.string(name, row.isNull(at) ? 'None' : String(row.integer(at)));
}

/** An int8 as int32 where it fits, as the plugin's driver writes Python's integers, otherwise as int64; NULL as 0. */
export function writeSmallInteger(out: BsonWriter, name: FieldName, value: bigint | null): void {
  if (value === null) noteNull(out, name, '0');
  const number = value ?? 0n;
  if (BigInt.asIntN(32, number) === number) out.int32(name, Number(number));
  else out.int64(name, number);
}

/** A metric's value: NaN where the row says so (SQL keeps 0 there). */
export function writeMetricValue(out: BsonWriter, name: FieldName, row: RowView, at: number, isNanAt: number): void {
  if (row.isNull(at)) noteNull(out, name, 'NaN');
  if (row.bool(isNanAt) === true || row.isNull(at)) out.double(name, Number.NaN);
  else out.reversed8(BSON_TYPE.double, name, row.buffer, row.start(at));
}

/** How the names of a pair are spelled: `k`/`v` in tracking collections, `key`/`value` in registry collections. */
export interface PairNames {
  readonly key: FieldName;
  readonly value: FieldName;
}

/** As the plugin's tracking store reads them; its two stores spell them differently. */
export const TRACKING_PAIR: PairNames = { key: fieldName('k'), value: fieldName('v') };
/** As its model registry reads them. */
export const REGISTRY_PAIR: PairNames = { key: fieldName('key'), value: fieldName('value') };

/** Rows of (key, value) as elements of an array that was begun, from place `from` on; NULL values are '' (no null is read). */
export function writePairElements(out: BsonWriter, names: PairNames, rows: readonly RowView[], from = 0): void {
  let index = from;
  for (const row of rows) {
    const pair = out.beginField(BSON_TYPE.document, indexName(index++));
    writeText(out, names.key, row, 0);
    writeTextOr(out, names.value, row, 1, '');
    out.end(pair);
  }
}

/** Rows of (key, value) as an array of pairs. */
export function writePairs(out: BsonWriter, name: FieldName, names: PairNames, rows: readonly RowView[]): void {
  const array = out.beginField(BSON_TYPE.array, name);
  writePairElements(out, names, rows);
  out.end(array);
}

/** An empty array. */
export function writeEmptyArray(out: BsonWriter, name: FieldName): void {
  out.end(out.beginField(BSON_TYPE.array, name));
}
