import { createHash } from 'node:crypto';
import { type BsonWriter, fieldName } from './bsonWriter.ts';
import type { ScalarKind } from './columnKind.ts';
import type { RowView } from './rowView.ts';
import { uuidText } from './writeColumn.ts';

/** Longest `_id` that is made from several columns, in bytes (tables-layout.md). */
const MAX_COMPOSED_BYTES = 100;
/** Longest text key that is used as it is, in bytes. */
const MAX_PLAIN_BYTES = 512;
/** `#` and 16 bytes of SHA-256 in base64url: the mark of an `_id` whose key was too long to stand in it. */
const HASH_BYTES = 23;
const HASHED = /#[A-Za-z0-9_-]{22}$/;

const UNSAFE = /[\p{Cc}%#:/\\]/gu;
const UNSAFE_AT_ALL = /[\p{Cc}%#:/\\]/u;

/** Comes first in every document: MongoDB moves it there, and documents are compared byte by byte. */
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
  const length = draftKey(row, key);
  if (length < 0) out.string(ID_FIELD, composeId(key.map((column) => keyPart(row, column))));
  else out.utf8(ID_FIELD, draft, 0, length);
}

/** Where a composed key is put together, without a text in between: two thirds of a row's encoding were spent on those. */
const draft = Buffer.alloc(MAX_COMPOSED_BYTES);
const NO_DRAFT = -1;
const COLON = 0x3a;
const PERCENT = 0x25;

/** What {@link draftText} does with a byte: copies it, writes it as `%` and two hex digits, or leaves the key to texts. */
const AS_IS = 0;
const ESCAPED = 1;
const UNDECIDED = 2;
/** Begins U+0080 to U+00BF, of which {@link escapeText} escapes the control characters. */
const FIRST_OF_LATIN_1 = 0xc2;
const TREATMENT = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === FIRST_OF_LATIN_1) return UNDECIDED;
  return byte < 0x80 && UNSAFE_AT_ALL.test(String.fromCharCode(byte)) ? ESCAPED : AS_IS;
});
const HEX_DIGITS = Buffer.from('0123456789abcdef', 'latin1');

/** Writes the key into {@link draft} and says its length; negative where it takes a digest, or another kind of column. */
function draftKey(row: RowView, key: readonly KeyColumn[]): number {
  let at = 0;
  for (let part = 0; part < key.length; part++) {
    const { index, kind } = key[part] as KeyColumn;
    if (part > 0) draft[at++] = COLON;
    if (kind === 'text') at = draftText(at, row.buffer, row.start(index), row.length(index));
    else if (kind === 'int32' || kind === 'int64') at = draftInteger(at, row, index);
    else if (kind === 'float8') at = draftDouble(at, row.double(index) ?? 0);
    else if (kind === 'bool') at = draftByte(at, row.bool(index) === true ? 0x74 : 0x66);
    else return NO_DRAFT;
    // Room for a colon, so that no part has to look.
    if (at < 0 || at >= MAX_COMPOSED_BYTES) return NO_DRAFT;
  }
  return at;
}

function draftByte(at: number, byte: number): number {
  draft[at] = byte;
  return at + 1;
}

function draftText(from: number, source: Buffer, start: number, length: number): number {
  let at = from;
  for (let i = start; i < start + length; i++) {
    // Room for an escape, and the colon that may follow.
    if (at + 3 >= MAX_COMPOSED_BYTES) return NO_DRAFT;
    const byte = source[i] as number;
    const treatment = TREATMENT[byte];
    if (treatment === AS_IS) {
      draft[at++] = byte;
    } else if (treatment === ESCAPED) {
      draft[at++] = PERCENT;
      draft[at++] = HEX_DIGITS[byte >> 4] as number;
      draft[at++] = HEX_DIGITS[byte & 15] as number;
    } else {
      return NO_DRAFT;
    }
  }
  return at;
}

/** Decimal digits of an integer column, of those that a number holds exactly. */
function draftInteger(at: number, row: RowView, index: number): number {
  const { buffer } = row;
  const start = row.start(index);
  const length = row.length(index);
  let value =
    length === 8
      ? buffer.readInt32BE(start) * 2 ** 32 + buffer.readUInt32BE(start + 4)
      : length === 4
        ? buffer.readInt32BE(start)
        : length === 2
          ? buffer.readInt16BE(start)
          : Number.NaN;
  if (!Number.isSafeInteger(value) || at + MAX_INTEGER_BYTES > MAX_COMPOSED_BYTES) return NO_DRAFT;
  let from = at;
  if (value < 0) {
    draft[from++] = 0x2d;
    value = -value;
  }
  // Digits of a number beyond 32 bits cost ten times as much: it is taken in two halves.
  if (value < EIGHT_DIGITS) return draftDigits(from, value, 1);
  const high = Math.floor(value / EIGHT_DIGITS);
  return draftDigits(draftDigits(from, high, 1), value - high * EIGHT_DIGITS, 8);
}

const EIGHT_DIGITS = 1e8;

/** Digits of an integer below 2^31, at least so many. */
function draftDigits(from: number, value: number, least: number): number {
  let rest = value | 0;
  let end = from + 1;
  for (let left = (rest / 10) | 0; left > 0; left = (left / 10) | 0) end++;
  end = Math.max(end, from + least);
  for (let digit = end - 1; digit >= from; digit--) {
    const tenth = (rest / 10) | 0;
    draft[digit] = 0x30 + rest - tenth * 10;
    rest = tenth;
  }
  return end;
}

/** A sign and the sixteen digits of the largest exact integer. */
const MAX_INTEGER_BYTES = 17;

function draftDouble(at: number, value: number): number {
  if (at + ORDERED_BYTES > MAX_COMPOSED_BYTES) return NO_DRAFT;
  writeOrderedDouble(draft, at, value);
  return at + ORDERED_BYTES;
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

function orderedDouble(value: number): string {
  const text = Buffer.alloc(ORDERED_BYTES);
  writeOrderedDouble(text, 0, value);
  return text.toString('latin1');
}

/** Digits in ASCII order, so that texts sort as the numbers do. */
const DIGITS = Buffer.from('-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz', 'latin1');
const ORDERED_BYTES = 11;
const scratch = Buffer.alloc(8);

/** All 64 bits of a double in eleven characters whose order is the order of the numbers. */
function writeOrderedDouble(target: Buffer, start: number, value: number): void {
  scratch.writeDoubleBE(value, 0);
  let high = scratch.readUInt32BE(0);
  let low = scratch.readUInt32BE(4);
  if (high >= 0x80000000) {
    high = ~high >>> 0;
    low = ~low >>> 0;
  } else {
    high = (high | 0x80000000) >>> 0;
  }
  let at = start;
  // 64 bits as 11 digits of 6 bits: the first holds 4 bits.
  target[at++] = DIGITS[high >>> 28] as number;
  for (let shift = 22; shift >= 4; shift -= 6) target[at++] = DIGITS[(high >>> shift) & 63] as number;
  target[at++] = DIGITS[((high & 15) << 2) | (low >>> 30)] as number;
  for (let shift = 24; shift >= 0; shift -= 6) target[at++] = DIGITS[(low >>> shift) & 63] as number;
}
