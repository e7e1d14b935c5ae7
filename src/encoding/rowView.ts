const NO_BYTES = Buffer.alloc(0);

/**
 * One row as it came over the wire (COPY, binary format): a buffer, and for each selected column where its bytes stand.
 * A view is valid until the reader goes on to the next row; what must live longer is kept on a {@link RowShelf}.
 */
export class RowView {
  buffer: Buffer;
  /** From {@link base} on for each column its start in the buffer and its length, -1 for NULL. */
  readonly fields: Int32Array;
  readonly base: number;
  readonly columnCount: number;

  constructor(columnCount: number, buffer: Buffer = NO_BYTES, fields = new Int32Array(columnCount * 2), base = 0) {
    this.buffer = buffer;
    this.fields = fields;
    this.base = base;
    this.columnCount = columnCount;
  }

  start(column: number): number {
    return this.fields[this.base + column * 2] as number;
  }

  /** Bytes of the column, -1 for NULL. */
  length(column: number): number {
    return this.fields[this.base + column * 2 + 1] as number;
  }

  isNull(column: number): boolean {
    return this.length(column) < 0;
  }

  /** The bytes as UTF-8 text; call it for text columns that are not NULL. */
  text(column: number): string {
    const start = this.start(column);
    return this.buffer.toString('utf8', start, start + this.length(column));
  }

  /** Text, or null for NULL. */
  textOrNull(column: number): string | null {
    return this.isNull(column) ? null : this.text(column);
  }

  /** Any of int2, int4, int8 (told by the length), or null for NULL. */
  integer(column: number): bigint | null {
    const length = this.length(column);
    if (length < 0) return null;
    const start = this.start(column);
    if (length === 8) return this.buffer.readBigInt64BE(start);
    return BigInt(length === 4 ? this.buffer.readInt32BE(start) : this.buffer.readInt16BE(start));
  }

  /** An int8 that counts something, as far as a number holds it exactly; 0 for NULL. */
  count(column: number): number {
    if (this.isNull(column)) return 0;
    const start = this.start(column);
    return this.buffer.readInt32BE(start) * 2 ** 32 + this.buffer.readUInt32BE(start + 4);
  }

  /** float8 or float4, or null for NULL. */
  double(column: number): number | null {
    const length = this.length(column);
    if (length < 0) return null;
    const start = this.start(column);
    return length === 8 ? this.buffer.readDoubleBE(start) : this.buffer.readFloatBE(start);
  }

  /** Boolean, or null for NULL. */
  bool(column: number): boolean | null {
    return this.isNull(column) ? null : this.buffer[this.start(column)] !== 0;
  }

  /** Bytes of the row's values, for bounding batches. */
  get byteLength(): number {
    let total = 0;
    for (let column = 0; column < this.columnCount; column++) total += Math.max(0, this.length(column));
    return total;
  }

  /** Orders by the bytes of a text column, as PostgreSQL does by the collation "C"; NULL comes last. */
  compareText(column: number, other: RowView): number {
    const [length, otherLength] = [this.length(column), other.length(column)];
    if (length < 0 || otherLength < 0) return Number(length < 0) - Number(otherLength < 0);
    const [start, otherStart] = [this.start(column), other.start(column)];
    const end = Math.min(length, otherLength);
    for (let i = 0; i < end; i++) {
      const difference = (this.buffer[start + i] as number) - (other.buffer[otherStart + i] as number);
      if (difference !== 0) return difference;
    }
    return length - otherLength;
  }

  /** Is a column's text the same as that of a column of another row, byte for byte? Neither is NULL. */
  hasSameText(column: number, other: RowView, otherColumn: number): boolean {
    const length = this.length(column);
    if (length !== other.length(otherColumn)) return false;
    const [start, otherStart] = [this.start(column), other.start(otherColumn)];
    for (let i = length - 1; i >= 0; i--) {
      if (this.buffer[start + i] !== other.buffer[otherStart + i]) return false;
    }
    return true;
  }
}

/** Keeps rows beyond the reader's buffers, in few large pieces: a buffer and an array for each row cost more than the row. */
export class RowShelf {
  static readonly #BYTES = 128 * 1024;
  static readonly #FIELDS = 16 * 1024;
  #bytes = NO_BYTES;
  #bytesUsed = 0;
  #fields = new Int32Array(0);
  #fieldsUsed = 0;

  /** A copy of a row whose columns lie one behind the other, as those of a tuple do. */
  keep(row: RowView): RowView {
    const { columnCount } = row;
    let from = 0;
    let to = 0;
    for (let column = 0; column < columnCount; column++) {
      const length = row.length(column);
      if (length <= 0) continue;
      if (to === 0) from = row.start(column);
      to = row.start(column) + length;
    }
    const at = this.#placeBytes(to - from);
    const base = this.#placeFields(columnCount * 2);
    const [bytes, fields] = [this.#bytes, this.#fields];
    row.buffer.copy(bytes, at, from, to);
    for (let column = 0; column < columnCount; column++) {
      fields[base + column * 2] = row.start(column) - from + at;
      fields[base + column * 2 + 1] = row.length(column);
    }
    return new RowView(columnCount, bytes, fields, base);
  }

  #placeBytes(length: number): number {
    if (this.#bytesUsed + length > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(RowShelf.#BYTES, length));
      this.#bytesUsed = 0;
    }
    const at = this.#bytesUsed;
    this.#bytesUsed += length;
    return at;
  }

  #placeFields(length: number): number {
    if (this.#fieldsUsed + length > this.#fields.length) {
      this.#fields = new Int32Array(Math.max(RowShelf.#FIELDS, length));
      this.#fieldsUsed = 0;
    }
    const base = this.#fieldsUsed;
    this.#fieldsUsed += length;
    return base;
  }
}
