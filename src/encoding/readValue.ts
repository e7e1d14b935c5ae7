import { Decimal128 } from 'bson';
import { type BsonElement, bsonElements } from './bsonElements.ts';
import { bsonToJson, type JsonSpelling, stringValue } from './bsonToJson.ts';
import { BSON_TYPE, BsonWriter, fieldName } from './bsonWriter.ts';
import { dateText, timestampText } from './civilTime.ts';
import type { ColumnKind, ScalarKind } from './columnKind.ts';
import { INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN } from './integerLimits.ts';
import { writeJson } from './jsonToBson.ts';
import { ValueFault, wrongType } from './valueFault.ts';

/** What a column is, as far as reading a value for it needs to know. */
export interface ReadColumn {
  readonly kind: ColumnKind;
  /** Name of the PostgreSQL type of the value or of an array's elements, such as `int2`. */
  readonly type: string;
}

/** Type and value of an element. */
type Value = Pick<BsonElement, 'type' | 'value'>;

const DAY_MS = 86_400_000n;

/**
 * A field's value as the text that PostgreSQL reads for the column, null for NULL: the inverse of `writeColumn`. A value of another
 * BSON type is taken where nothing of it is lost, as an application may have written it. Throws {@link ValueFault} otherwise.
 */
export function readColumnValue(value: Value, { kind, type }: ReadColumn): string | null {
  if (value.type === BSON_TYPE.null) return null;
  return kind.isArray ? readArray(value, kind.scalar, type) : readScalar(value, kind.scalar, type);
}

function readScalar({ type, value }: Value, kind: ScalarKind, column: string): string {
  switch (kind) {
    case 'text':
      if (type !== BSON_TYPE.string) throw wrongType(type, 'text');
      return plainText(value);
    case 'int32':
    case 'int64':
      return String(integer(type, value, column));
    case 'float8':
      return floatText(float(type, value));
    case 'float4': {
      const number = float(type, value);
      if (!Object.is(Math.fround(number), number)) throw new ValueFault('it has more digits than the column keeps');
      return floatText(number);
    }
    case 'bool':
      if (type !== BSON_TYPE.bool) throw wrongType(type, 'a boolean');
      return value[0] === 0 ? 'false' : 'true';
    case 'json':
    case 'jsonb':
      return jsonText(type, value, { isSorted: false, isAscii: true });
    case 'uuid': {
      const text = type === BSON_TYPE.string ? stringValue(value) : '';
      if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) throw wrongType(type, 'a uuid in lower case');
      return text;
    }
    case 'bytea':
      // Another subtype says something that the column could not.
      if (type !== BSON_TYPE.binary || value[4] !== 0) throw wrongType(type, 'binary data of subtype 0');
      return `\\x${value.toString('hex', 5)}`;
    case 'timestamp':
      if (type === BSON_TYPE.date) return timestampText(value.readBigInt64LE(0));
      return infinity(type, value, 'a date');
    case 'date': {
      if (type !== BSON_TYPE.date) return infinity(type, value, 'a date');
      const milliseconds = value.readBigInt64LE(0);
      if (milliseconds % DAY_MS !== 0n) throw new ValueFault('it has a time of day, and the column takes a date');
      return dateText(Number(milliseconds / DAY_MS));
    }
    case 'numeric':
      return numericText(type, value);
  }
}

/** Text of a BSON string; PostgreSQL's texts hold no zero byte. */
function plainText(value: Buffer): string {
  const text = stringValue(value);
  if (text.includes('\0')) throw new ValueFault('it holds a zero byte, which PostgreSQL does not take in a text');
  return text;
}

/** Digits are taken also where they stand as a text: ids of experiments do. */
function integer(type: number, value: Buffer, column: string): bigint {
  const found = exactInteger(type, value);
  if (found === null) throw wrongType(type, 'a whole number');
  const [least, most] =
    column === 'int2'
      ? [-32768n, 32767n]
      : column === 'int4'
        ? [BigInt(INT32_MIN), BigInt(INT32_MAX)]
        : [INT64_MIN, INT64_MAX];
  if (found < least || found > most) throw new ValueFault(`it is beyond ${column}`);
  return found;
}

function exactInteger(type: number, value: Buffer): bigint | null {
  switch (type) {
    case BSON_TYPE.int32:
      return BigInt(value.readInt32LE(0));
    case BSON_TYPE.int64:
      return value.readBigInt64LE(0);
    case BSON_TYPE.double: {
      const number = value.readDoubleLE(0);
      // A larger one may stand for several integers, and -0 for none.
      return Number.isSafeInteger(number) && !Object.is(number, -0) ? BigInt(number) : null;
    }
    case BSON_TYPE.string: {
      const text = stringValue(value);
      return /^(?:0|-?[1-9][0-9]{0,18})$/.test(text) ? BigInt(text) : null;
    }
    default:
      return null;
  }
}

function float(type: number, value: Buffer): number {
  if (type === BSON_TYPE.double) return value.readDoubleLE(0);
  const whole = type === BSON_TYPE.int32 || type === BSON_TYPE.int64 ? exactInteger(type, value) : null;
  if (whole === null || BigInt(Number(whole)) !== whole) throw wrongType(type, 'a double');
  return Number(whole);
}

/** The shortest digits that are this double again. */
function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function infinity(type: number, value: Buffer, wanted: string): string {
  const text = type === BSON_TYPE.string ? stringValue(value) : '';
  if (text !== 'infinity' && text !== '-infinity') throw wrongType(type, wanted);
  return text;
}

function numericText(type: number, value: Buffer): string {
  if (type === BSON_TYPE.decimal128) return new Decimal128(Buffer.from(value)).toString();
  if (type === BSON_TYPE.string) {
    const text = stringValue(value);
    if (/^(?:-?[0-9]+(?:\.[0-9]+)?|NaN|-?Infinity)$/.test(text)) return text;
    throw new ValueFault('it is a text that is no decimal number');
  }
  const whole = type === BSON_TYPE.int32 || type === BSON_TYPE.int64 ? exactInteger(type, value) : null;
  if (whole === null) throw wrongType(type, 'a decimal number');
  return String(whole);
}

/** JSON of a document, or the text that could not become one and stands as it was. */
export function jsonText(type: number, value: Buffer, spelling: JsonSpelling): string {
  if (type === BSON_TYPE.document || type === BSON_TYPE.array) return bsonToJson(type, value, spelling);
  if (type !== BSON_TYPE.string) throw wrongType(type, 'JSON');
  const text = plainText(value);
  const parsed = parsedJson(text);
  // An application may have written as a text what a migration writes as a document: it is the same value.
  return parsed === null || !spelling.isSorted ? text : bsonToJson(parsed.type, parsed.value, spelling);
}

const SCRATCH_FIELD = fieldName('v');

function parsedJson(text: string): BsonElement | null {
  const out = new BsonWriter(Math.max(64, text.length * 2));
  const start = out.begin();
  if (!writeJson(out, SCRATCH_FIELD, text)) return null;
  out.end(start);
  const [element] = bsonElements(out.copyFrom(start));
  return element ?? null;
}

/** PostgreSQL's text of an array. All levels of one depth must have the same length, as a row's have. */
function readArray(value: Value, kind: ScalarKind, column: string): string {
  if (value.type !== BSON_TYPE.array) throw wrongType(value.type, 'an array');
  const sizes: number[] = [];
  // Of JSON, an array within the array may be a value: only its first level is the column's.
  const isJson = kind === 'json' || kind === 'jsonb';
  const level = (array: Buffer, depth: number): string => {
    const elements = [...bsonElements(array)];
    sizes[depth] ??= elements.length;
    if (sizes[depth] !== elements.length || (depth > 0 && elements.length === 0))
      throw new ValueFault('its arrays differ in length');
    const isDeep = !isJson && elements[0]?.type === BSON_TYPE.array;
    const parts = elements.map((element) => {
      if (isDeep !== (!isJson && element.type === BSON_TYPE.array)) throw new ValueFault('its arrays differ in depth');
      if (isDeep) return level(element.value, depth + 1);
      return element.type === BSON_TYPE.null ? 'NULL' : arrayElement(readScalar(element, kind, column));
    });
    return `{${parts.join(',')}}`;
  };
  return level(value.value, 0);
}

function arrayElement(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
