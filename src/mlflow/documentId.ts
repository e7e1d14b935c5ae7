import { createHash } from 'node:crypto';
import { type BsonWriter, fieldName } from './bsonWriter.ts';
import type { ScalarKind } from './columnKind.ts';
import type { RowView } from './rowView.ts';
import { uuidText } from './writeValue.ts';

/** Longest `_id` that is made from several columns, in bytes (tables-layout.md). */
const MAX_COMPOSED_BYTES = 100;
/** Longest text key that is used as it is, in bytes. */
const MAX_PLAIN_BYTES = 512;
/** `#` and 16 bytes of SHA-256 in base64url: the mark of an `_id` whose key was too long to stand in it. */
const HASH_BYTES = 23;
const HASHED = /#[A-Za-z0-9_-]{22}$/;

export const ID_FIELD = fieldName('_id');

/** One column of the key, in the order of reading. */
export interface KeyColumn {
  /** Position in the SELECT. */
  readonly index: number;
  readonly kind: ScalarKind;
}

/**
 * Writes `_id`, derived from the primary key alone, so that the same row always has the same `_id` (tables-layout.md):
 * a single text or uuid key as it is; anything else its parts joined by `:`, each escaped so that no two keys meet, and
 * over 100 bytes a prefix with a 128-bit digest. The order of `_id`s follows the order of reading within one parent.
 */
export function writeDocumentId(out: BsonWriter, row: RowView, key: readonly KeyColumn[]): void {
  const [only] = key;
  if (key.length === 1 && only !== undefined && (only.kind === 'text' || only.kind === 'uuid')) {
    if (only.kind === 'uuid') {
      out.string(ID_FIELD, uuidText(row.buffer, row.start(only.index)));
      return;
    }
    const length = row.length(only.index);
    if (isPlainKey(row.buffer, row.start(only.index), length)) {
      out.utf8(ID_FIELD, row.buffer, row.start(only.index), length);
      return;
    }
    out.string(ID_FIELD, hashedId(escapeText(row.text(only.index))));
    return;
  }
  out.string(ID_FIELD, composeId(key.map((column) => keyPart(row, column))));
}

/** An `_id` of the plain text form, or its escaped and hashed form where the text cannot stand as it is. */
export function textId(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  return isPlainKey(bytes, 0, bytes.length) ? text : hashedId(escapeText(text));
}

/** An escaped and hashed `_id`, which no plain text equals: for keys whose plain form would be ambiguous. */
export function markedId(text: string): string {
  return hashedId(escapeText(text));
}

/** Joins escaped parts; see {@link writeDocumentId}. */
function composeId(parts: readonly string[]): string {
  const id = parts.join(':');
  return Buffer.byteLength(id, 'utf8') <= MAX_COMPOSED_BYTES ? id : hashedId(id);
}

function isPlainKey(source: Buffer, start: number, length: number): boolean {
  if (length > MAX_PLAIN_BYTES) return false;
  for (let i = start; i < start + length; i++) {
    const byte = source[i];
    if (byte === 0x2f || byte === 0x5c) return false;
  }
  // A text that looks like a hashed form must be hashed itself, or two keys could meet.
  return (
    length < HASH_BYTES ||
    source[start + length - HASH_BYTES] !== 0x23 ||
    !HASHED.test(source.toString('utf8', start, start + length))
  );
}

function hashedId(escaped: string): string {
  const digest = createHash('sha256').update(escaped, 'utf8').digest().subarray(0, 16).toString('base64url');
  const bytes = Buffer.from(escaped, 'utf8');
  let end = Math.min(bytes.length, MAX_COMPOSED_BYTES - HASH_BYTES);
  // Not inside a character: continuation bytes are 10xxxxxx.
  while (end > 0 && end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}#${digest}`;
}

const UNSAFE = /[\p{Cc}%#:/\\]/gu;
const UNSAFE_AT_ALL = /[\p{Cc}%#:/\\]/u;

function escapeText(text: string): string {
  if (!UNSAFE_AT_ALL.test(text)) return text;
  return text.replace(UNSAFE, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function keyPart(row: RowView, column: KeyColumn): string {
  const { index, kind } = column;
  switch (kind) {
    case 'int32':
    case 'int64':
      return String(row.length(index) === 8 ? row.integer(index) : Number(row.integer(index)));
    case 'float4':
    case 'float8':
      return orderedDouble(row.double(index) ?? 0);
    case 'bool':
      return row.bool(index) === true ? 't' : 'f';
    case 'uuid':
      return uuidText(row.buffer, row.start(index));
    case 'bytea':
    case 'timestamp':
    case 'date':
    case 'jsonb':
      return row.buffer.toString('hex', row.start(index), row.start(index) + row.length(index));
    case 'text':
    case 'json':
    case 'numeric':
      return escapeText(row.text(index));
  }
}

/** Digits in ASCII order, so that texts sort as the numbers do. */
const DIGITS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const scratch = Buffer.alloc(8);

/** All 64 bits of a double in eleven characters whose order is the order of the numbers. */
function orderedDouble(value: number): string {
  scratch.writeDoubleBE(value, 0);
  let high = scratch.readUInt32BE(0);
  let low = scratch.readUInt32BE(4);
  if (high >= 0x80000000) {
    high = ~high >>> 0;
    low = ~low >>> 0;
  } else {
    high = (high | 0x80000000) >>> 0;
  }
  // 64 bits as 11 digits of 6 bits: the first holds 4 bits.
  let text = DIGITS[high >>> 28] as string;
  for (let shift = 22; shift >= 4; shift -= 6) text += DIGITS[(high >>> shift) & 63] as string;
  text += DIGITS[((high & 15) << 2) | (low >>> 30)] as string;
  for (let shift = 24; shift >= 0; shift -= 6) text += DIGITS[(low >>> shift) & 63] as string;
  return text;
}
