import { Binary, type Decimal128, Double, Int32, Long } from 'mongodb';
import type { ColumnType } from './catalog.ts';
import { canonicalDecimal, type JsonNode, readJson, verdict } from './losslessJson.ts';
import { type PgArray, readPgArray } from './pgArray.ts';

/** What a value of the source must have become in its document. `any` lists the outcomes that the page allows. */
export type Expected =
  | { readonly kind: 'null' }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int32' | 'int64'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'date'; readonly ms: number }
  | { readonly kind: 'binary'; readonly value: Buffer }
  | { readonly kind: 'decimal'; readonly value: string }
  | { readonly kind: 'json'; readonly node: JsonNode }
  | { readonly kind: 'array'; readonly items: readonly Expected[] }
  | { readonly kind: 'any'; readonly of: readonly Expected[] };

export const NULL: Expected = { kind: 'null' };

/** What PostgreSQL's text (UTC, ISO dates, hex bytea) of a column must be in BSON. */
export function expectedOf(text: string | null, type: ColumnType): Expected {
  if (text === null) return NULL;
  if (type.element !== undefined) return arrayOf(readPgArray(text), type.element);
  const asText: Expected = { kind: 'string', value: text };
  switch (type.name) {
    case 'int8':
      return { kind: 'int64', value: BigInt(text) };
    case 'int4':
    case 'int2':
      return { kind: 'int32', value: BigInt(text) };
    case 'oid':
      return { kind: 'any', of: [asText, { kind: 'int64', value: BigInt(text) }] };
    case 'float8':
      return { kind: 'double', value: Number(text) };
    case 'float4':
      // The page speaks of double only; the shortest decimal and the widened float are both honest.
      return any({ kind: 'double', value: Math.fround(Number(text)) }, { kind: 'double', value: Number(text) });
    case 'bool':
      return { kind: 'bool', value: text === 't' || text === 'true' };
    case 'timestamp':
    case 'timestamptz':
    case 'date':
      return dateOf(text) ?? asText;
    case 'bytea':
      return { kind: 'binary', value: Buffer.from(text.slice(2), 'hex') };
    case 'numeric':
      return fitsDecimal128(text) ? { kind: 'decimal', value: text } : asText;
    case 'json':
    case 'jsonb':
      return jsonOf(text);
    default:
      return asText;
  }
}

function arrayOf(items: PgArray, element: ColumnType): Expected {
  return {
    kind: 'array',
    items: items.map((item) =>
      item === null || typeof item === 'string' ? expectedOf(item, element) : arrayOf(item, element),
    ),
  };
}

/** A JSON text by the page's rule: a document where nothing of it is lost, else the original string. */
export function jsonOf(text: string): Expected {
  const asText: Expected = { kind: 'string', value: text };
  const wanted = verdict(text);
  const node = readJson(text);
  if (wanted === 'string' || node === undefined) return asText;
  const asDocument: Expected = { kind: 'json', node };
  return wanted === 'document' ? asDocument : any(asDocument, asText);
}

function any(...of: readonly Expected[]): Expected {
  return { kind: 'any', of };
}

function dateOf(text: string): Expected | undefined {
  const parts =
    /^(\d{4,})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?)?( BC)?$/.exec(
      text,
    );
  if (parts === null) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    sign,
    zh = '0',
    zm = '0',
    zs = '0',
    bc,
  ] = parts;
  const moment = new Date(0);
  moment.setUTCFullYear(bc === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
  moment.setUTCHours(Number(hour), Number(minute), Number(second), 0);
  const zoneMs = (Number(zh) * 3600 + Number(zm) * 60 + Number(zs)) * 1000 * (sign === '-' ? -1 : 1);
  const micros = Number(fraction.padEnd(6, '0'));
  const ms = moment.getTime() - zoneMs + Math.floor(micros / 1000);
  if (!Number.isFinite(ms)) return undefined;
  // BSON dates have milliseconds. Before 1970 cutting off can go towards zero or downwards.
  return micros % 1000 !== 0 && ms < 0 ? any({ kind: 'date', ms }, { kind: 'date', ms: ms + 1 }) : { kind: 'date', ms };
}

function fitsDecimal128(text: string): boolean {
  if (/^-?(NaN|Infinity)$/.test(text)) return true;
  const [digits = '', exponent = '0'] = canonicalDecimal(text).replace('-', '').split('e');
  return digits.length <= 34 && Number(exponent) >= -6176 && Number(exponent) <= 6111;
}

/** Is the value of a document, read with `promoteValues: false`, exactly what was expected, type included? */
export function matches(expected: Expected, actual: unknown): boolean {
  switch (expected.kind) {
    case 'any':
      return expected.of.some((one) => matches(one, actual));
    case 'null':
      return actual === null;
    case 'string':
      return actual === expected.value;
    case 'bool':
      return actual === expected.value;
    case 'int32':
      return actual instanceof Int32 && BigInt(actual.value) === expected.value;
    case 'int64':
      return actual instanceof Long && actual.toBigInt() === expected.value;
    case 'double':
      return actual instanceof Double && Object.is(actual.value, expected.value);
    case 'date':
      return actual instanceof Date && actual.getTime() === expected.ms;
    case 'binary':
      return actual instanceof Binary && Buffer.from(actual.value()).equals(expected.value);
    case 'decimal':
      return bsonType(actual) === 'Decimal128' && sameDecimal((actual as Decimal128).toString(), expected.value);
    case 'array':
      return (
        Array.isArray(actual) &&
        actual.length === expected.items.length &&
        expected.items.every((item, index) => matches(item, actual[index]))
      );
    case 'json':
      return matchesJson(expected.node, actual);
  }
}

function sameDecimal(left: string, right: string): boolean {
  // Decimal128 has a negative zero and numeric has none, so that both zeros are the same number here.
  const canonical = (text: string) => canonicalDecimal(text.replace('E', 'e')).replace(/^-0$/, '0');
  return canonical(left) === canonical(right);
}

function matchesJson(node: JsonNode, actual: unknown): boolean {
  switch (node.kind) {
    case 'null':
      return actual === null;
    case 'boolean':
    case 'string':
      return actual === node.value;
    case 'number':
      return matchesNumber(node.token, actual);
    case 'array':
      return (
        Array.isArray(actual) &&
        actual.length === node.items.length &&
        node.items.every((item, index) => matchesJson(item, actual[index]))
      );
    case 'object': {
      if (bsonType(actual) !== 'Object') return false;
      const fields = new Map(Object.entries(actual as Record<string, unknown>));
      return (
        fields.size === node.entries.length &&
        node.entries.every(([k, v]) => fields.has(k) && matchesJson(v, fields.get(k)))
      );
    }
  }
}

function matchesNumber(token: string, actual: unknown): boolean {
  if (actual instanceof Double) {
    if (Object.is(actual.value, -0)) return canonicalDecimal(token) === '-0';
    if (Number.isInteger(actual.value) && /^-?\d+$/.test(token))
      return BigInt(actual.value) === BigInt(token) && token !== '-0';
    return Number(token) === actual.value;
  }
  const whole = actual instanceof Int32 ? BigInt(actual.value) : actual instanceof Long ? actual.toBigInt() : undefined;
  return whole !== undefined && canonicalDecimal(String(whole)) === canonicalDecimal(token);
}

/** The BSON type of a value read with `promoteValues: false`, as a word for messages. */
export function bsonType(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'Array';
  if (value instanceof Date) return 'Date';
  if (typeof value !== 'object') return typeof value;
  const named = (value as { _bsontype?: unknown })._bsontype;
  return typeof named === 'string' ? named : 'Object';
}

/** A text under which an expected value and its document's value meet, whatever BSON type the latter took. */
export function looseKey(expected: Expected): string {
  switch (expected.kind) {
    case 'null':
      return 'null';
    case 'any':
      return looseKey(expected.of[0] ?? NULL);
    case 'array':
      return `[${expected.items.map(looseKey).join(',')}]`;
    case 'json':
      return 'json';
    case 'date':
      return `#${expected.ms}`;
    case 'binary':
      return expected.value.toString('hex');
    case 'decimal':
      return canonicalDecimal(expected.value);
    case 'double':
      return String(expected.value);
    case 'string':
    case 'bool':
    case 'int32':
    case 'int64':
      return String(expected.value);
  }
}

/** The counterpart of {@link looseKey} for a value of a document. */
export function looseKeyOf(actual: unknown): string {
  if (actual === null || actual === undefined) return 'null';
  if (Array.isArray(actual)) return `[${actual.map(looseKeyOf).join(',')}]`;
  if (actual instanceof Date) return `#${actual.getTime()}`;
  if (actual instanceof Binary) return Buffer.from(actual.value()).toString('hex');
  if (actual instanceof Double || actual instanceof Int32) return String(actual.value);
  if (actual instanceof Long) return actual.toString();
  if (bsonType(actual) === 'Decimal128') return canonicalDecimal(String(actual));
  return typeof actual === 'object' ? 'json' : String(actual);
}
