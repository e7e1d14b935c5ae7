import type { ValueLoss } from './valueLoss.ts';

/** A field's name as BSON wants it: UTF-8 with a closing zero byte. */
export type FieldName = Buffer;

const INITIAL_BYTES = 64 * 1024;

/** Type bytes of https://bsonspec.org/spec.html, those that MLflow's columns become. */
export const BSON_TYPE = {
  double: 1,
  string: 2,
  document: 3,
  array: 4,
  binary: 5,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  int32: 16,
  int64: 18,
  decimal128: 19,
} as const;

/** Prepares a field name. Throws a RangeError for a name with a zero byte, which BSON cannot hold. */
export function fieldName(name: string): FieldName {
  if (name.includes('\0')) throw new RangeError('A BSON field name cannot hold a zero byte');
  return Buffer.from(`${name}\0`, 'utf8');
}

const INDEX_NAMES: FieldName[] = [];

/** Name of an array element. */
export function indexName(index: number): FieldName {
  let name = INDEX_NAMES[index];
  if (name === undefined) {
    name = fieldName(String(index));
    if (index < 10_000) INDEX_NAMES[index] = name;
  }
  return name;
}

/**
 * Writes BSON bytes directly, field by field, into one growing buffer that holds many documents one after the other:
 * the form in which an insert command carries them. Going from the wire bytes of PostgreSQL to BSON without JavaScript
 * values in between keeps every bit and halves time and memory (measured: bench/measured.md §3). The buffer is exchanged for
 * a larger one when it is full: take `buffer` only when all is written.
 */
export class BsonWriter {
  buffer: Buffer;
  position = 0;
  /** What the document that is being written cannot hold unchanged; whoever begins the next one takes these away. */
  losses: ValueLoss[] = [];

  constructor(initialBytes = INITIAL_BYTES) {
    this.buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** Makes room for that many more bytes. */
  reserve(bytes: number): void {
    const needed = this.position + bytes;
    if (needed <= this.buffer.length) return;
    let size = this.buffer.length * 2;
    while (size < needed) size *= 2;
    const grown = Buffer.allocUnsafe(size);
    this.buffer.copy(grown, 0, 0, this.position);
    this.buffer = grown;
  }

  /** Bytes written since a position, as a copy that stays valid. */
  copyFrom(start: number): Buffer {
    return Buffer.from(this.buffer.subarray(start, this.position));
  }

  /** Begins a top-level document; give the result to {@link end}. */
  begin(): number {
    this.reserve(4);
    const start = this.position;
    this.position += 4;
    return start;
  }

  /** Begins a document or array as a field. */
  beginField(type: typeof BSON_TYPE.document | typeof BSON_TYPE.array, name: FieldName): number {
    this.#header(type, name, 4);
    const start = this.position;
    this.position += 4;
    return start;
  }

  /** Closes what {@link begin} or {@link beginField} opened. */
  end(start: number): void {
    this.reserve(1);
    this.buffer[this.position++] = 0;
    this.buffer.writeInt32LE(this.position - start, start);
  }

  null(name: FieldName): void {
    this.#header(BSON_TYPE.null, name, 0);
  }

  bool(name: FieldName, value: boolean): void {
    this.#header(BSON_TYPE.bool, name, 1);
    this.buffer[this.position++] = value ? 1 : 0;
  }

  int32(name: FieldName, value: number): void {
    this.#header(BSON_TYPE.int32, name, 4);
    this.buffer.writeInt32LE(value, this.position);
    this.position += 4;
  }

  int64(name: FieldName, value: bigint): void {
    this.#header(BSON_TYPE.int64, name, 8);
    this.buffer.writeBigInt64LE(value, this.position);
    this.position += 8;
  }

  double(name: FieldName, value: number): void {
    this.#header(BSON_TYPE.double, name, 8);
    this.buffer.writeDoubleLE(value, this.position);
    this.position += 8;
  }

  /** Milliseconds since 1970, UTC. */
  date(name: FieldName, milliseconds: bigint): void {
    this.#header(BSON_TYPE.date, name, 8);
    this.buffer.writeBigInt64LE(milliseconds, this.position);
    this.position += 8;
  }

  string(name: FieldName, value: string): void {
    const bytes = Buffer.byteLength(value, 'utf8');
    this.#header(BSON_TYPE.string, name, bytes + 5);
    this.buffer.writeInt32LE(bytes + 1, this.position);
    this.buffer.write(value, this.position + 4, bytes, 'utf8');
    this.position += bytes + 5;
    this.buffer[this.position - 1] = 0;
  }

  /** A string from bytes that are UTF-8 already. */
  utf8(name: FieldName, source: Buffer, start: number, length: number): void {
    this.#header(BSON_TYPE.string, name, length + 5);
    this.buffer.writeInt32LE(length + 1, this.position);
    this.position += 4;
    this.#copy(source, start, length);
    this.buffer[this.position++] = 0;
  }

  /** Binary data of subtype 0. */
  binary(name: FieldName, source: Buffer, start: number, length: number): void {
    this.#header(BSON_TYPE.binary, name, length + 5);
    this.buffer.writeInt32LE(length, this.position);
    this.buffer[this.position + 4] = 0;
    this.position += 5;
    this.#copy(source, start, length);
  }

  /** Fixed-size payloads such as ObjectId (12 bytes) and Decimal128 (16 bytes). */
  raw(type: number, name: FieldName, payload: Uint8Array): void {
    this.#header(type, name, payload.length);
    this.buffer.set(payload, this.position);
    this.position += payload.length;
  }

  /** One or more whole elements (type, name and value) that are BSON already. */
  element(bytes: Buffer): void {
    this.reserve(bytes.length);
    this.#copy(bytes, 0, bytes.length);
  }

  /** Eight big-endian bytes, as PostgreSQL sends them, as an int64, double or date. */
  reversed8(type: number, name: FieldName, source: Buffer, start: number): void {
    this.#header(type, name, 8);
    const target = this.buffer;
    const at = this.position;
    for (let i = 0; i < 8; i++) target[at + i] = source[start + 7 - i] as number;
    this.position += 8;
  }

  #header(type: number, name: FieldName, payloadBytes: number): void {
    const length = name.length;
    this.reserve(1 + length + payloadBytes);
    const target = this.buffer;
    let at = this.position;
    target[at++] = type;
    for (let i = 0; i < length; i++) target[at + i] = name[i] as number;
    this.position = at + length;
  }

  #copy(source: Buffer, start: number, length: number): void {
    // A native copy costs more than a loop below some tens of bytes.
    if (length < 48) {
      const target = this.buffer;
      const at = this.position;
      for (let i = 0; i < length; i++) target[at + i] = source[start + i] as number;
    } else {
      source.copy(this.buffer, this.position, start, start + length);
    }
    this.position += length;
  }
}
