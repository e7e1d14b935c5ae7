import { Decimal128 } from 'bson';
import { BSON_TYPE, type BsonWriter, type FieldName, indexName } from './bsonWriter.ts';
import type { ColumnKind, ScalarKind } from './columnKind.ts';
import { INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN } from './integerLimits.ts';
import { writeJson } from './jsonToBson.ts';
import type { RowView } from './rowView.ts';
import type { ValueLoss } from './valueLoss.ts';

/** Milliseconds from 1970 to 2000, PostgreSQL's epoch. */
const POSTGRES_EPOCH_MS = 946_684_800_000n;
const DAY_MS = 86_400_000n;

/** Writes column `column` of the row as a field, NULL as null: the value rules of tables-layout.md. */
export function writeColumn(out: BsonWriter, name: FieldName, kind: ColumnKind, row: RowView, column: number): void {
  const length = row.length(column);
  if (length < 0) {
    out.null(name);
    return;
  }
  if (kind.isArray) writeArray(out, name, kind.scalar, row.buffer, row.start(column));
  else writeValue(out, name, kind.scalar, row.buffer, row.start(column), length);
}

function writeValue(
  out: BsonWriter,
  name: FieldName,
  kind: ScalarKind,
  source: Buffer,
  start: number,
  length: number,
): void {
  switch (kind) {
    case 'text':
      out.utf8(name, source, start, length);
      break;
    case 'int64':
      out.reversed8(BSON_TYPE.int64, name, source, start);
      break;
    case 'int32':
      out.int32(name, length === 2 ? source.readInt16BE(start) : source.readInt32BE(start));
      break;
    case 'float8':
      out.reversed8(BSON_TYPE.double, name, source, start);
      break;
    case 'float4':
      out.double(name, source.readFloatBE(start));
      break;
    case 'bool':
      out.bool(name, source[start] !== 0);
      break;
    case 'json':
      writeJsonOrText(out, name, source, start, length);
      break;
    case 'jsonb':
      // The binary form of jsonb is a version byte before the text.
      writeJsonOrText(out, name, source, start + 1, length - 1);
      break;
    case 'uuid':
      out.string(name, uuidText(source, start));
      break;
    case 'bytea':
      out.binary(name, source, start, length);
      break;
    case 'timestamp':
      writeTimestamp(out, name, source.readBigInt64BE(start));
      break;
    case 'date':
      writeDate(out, name, source.readInt32BE(start));
      break;
    case 'numeric':
      writeNumeric(out, name, source.toString('utf8', start, start + length));
      break;
  }
}

/** JSON text as a document or array, or as the original string where {@link writeJson} says that it must stay one. */
export function writeJsonOrText(out: BsonWriter, name: FieldName, source: Buffer, start: number, length: number): void {
  if (!writeJson(out, name, source.toString('utf8', start, start + length))) out.utf8(name, source, start, length);
}

/** Canonical text of a 16-byte uuid. */
export function uuidText(source: Buffer, start: number): string {
  const hex = source.toString('hex', start, start + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Books that the value keeps its meaning and not all of its spelling, as tables-layout.md has it. */
function note(out: BsonWriter, name: FieldName, message: string): void {
  out.losses.push({ severity: 'note', field: name.toString('utf8', 0, name.length - 1), message });
}

function writeTimestamp(out: BsonWriter, name: FieldName, microseconds: bigint): void {
  if (microseconds === INT64_MAX || microseconds === INT64_MIN) {
    out.string(name, microseconds === INT64_MAX ? 'infinity' : '-infinity');
    return;
  }
  const remainder = microseconds % 1000n;
  if (remainder !== 0n) note(out, name, 'a date of BSON keeps milliseconds: the digits beyond are cut off');
  const floored = microseconds / 1000n - (remainder < 0n ? 1n : 0n);
  out.date(name, floored + POSTGRES_EPOCH_MS);
}

function writeDate(out: BsonWriter, name: FieldName, days: number): void {
  if (days === INT32_MAX || days === INT32_MIN) {
    out.string(name, days === INT32_MAX ? 'infinity' : '-infinity');
    return;
  }
  out.date(name, BigInt(days) * DAY_MS + POSTGRES_EPOCH_MS);
}

/** Decimal128 where all digits fit (34), the text otherwise. */
function writeNumeric(out: BsonWriter, name: FieldName, text: string): void {
  let bytes: Uint8Array | null = null;
  try {
    bytes = Decimal128.fromString(text).bytes;
  } catch {
    bytes = null;
  }
  if (bytes === null) out.string(name, text);
  else out.raw(BSON_TYPE.decimal128, name, bytes);
}

/** PostgreSQL's binary array: dimensions, flags, element type, sizes and lower bounds, then the elements in row order. */
function writeArray(out: BsonWriter, name: FieldName, kind: ScalarKind, source: Buffer, start: number): void {
  const dimensions = source.readInt32BE(start);
  const sizes: number[] = [];
  const before = out.losses.length;
  let at = start + 12;
  for (let i = 0; i < dimensions; i++) {
    sizes.push(source.readInt32BE(at));
    if (source.readInt32BE(at + 4) !== 1)
      note(out, name, 'an array of BSON begins at 0, that of the row elsewhere than at 1');
    at += 8;
  }
  const writeLevel = (levelName: FieldName, level: number): void => {
    const begun = out.beginField(BSON_TYPE.array, levelName);
    const size = sizes[level] ?? 0;
    for (let i = 0; i < size; i++) {
      if (level + 1 < dimensions) {
        writeLevel(indexName(i), level + 1);
        continue;
      }
      const length = source.readInt32BE(at);
      at += 4;
      if (length < 0) {
        out.null(indexName(i));
      } else {
        writeValue(out, indexName(i), kind, source, at, length);
        at += length;
      }
    }
    out.end(begun);
  };
  writeLevel(name, 0);
  // What elements lose they lose under the column's name.
  for (let i = before; i < out.losses.length; i++) {
    const loss = out.losses[i] as ValueLoss;
    out.losses[i] = { ...loss, field: name.toString('utf8', 0, name.length - 1) };
  }
}
