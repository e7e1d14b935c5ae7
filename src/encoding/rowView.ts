const NO_BYTES = Buffer.alloc(0);

/**
 * One row as it came over the wire (COPY, binary format): a buffer, and for each selected column where its bytes stand.
 * A view is valid until the reader goes on to the next row; keep {@link RowView.snapshot} of what must live longer.
 */
export class RowView {
  buffer: Buffer;
  /** `fields[2 * i]` is the start of column i, `fields[2 * i + 1]` its length, -1 for NULL. */
  readonly fields: Int32Array;

  constructor(columnCount: number, buffer: Buffer = NO_BYTES) {
    this.buffer = buffer;
    this.fields = new Int32Array(columnCount * 2);
  }

  start(column: number): number {
    return this.fields[column * 2] as number;
  }

  /** Bytes of the column, -1 for NULL. */
  length(column: number): number {
    return this.fields[column * 2 + 1] as number;
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
    for (let i = 1; i < this.fields.length; i += 2) total += Math.max(0, this.fields[i] as number);
    return total;
  }

  /** A copy that outlives the reader's buffers; its bytes lie in the shelf where one is given. */
  snapshot(shelf?: ByteShelf): RowView {
    const count = this.fields.length / 2;
    const copy = new RowView(count, NO_BYTES);
    const place = shelf?.take(this.byteLength) ?? { bytes: Buffer.allocUnsafe(this.byteLength), at: 0 };
    let { at } = place;
    for (let i = 0; i < count; i++) {
      const length = this.length(i);
      copy.fields[i * 2] = at;
      copy.fields[i * 2 + 1] = length;
      if (length > 0) at += this.buffer.copy(place.bytes, at, this.start(i), this.start(i) + length);
    }
    copy.buffer = place.bytes;
    return copy;
  }
}

/** Room for the bytes of many rows in few buffers: a buffer for each row costs more than its bytes. */
export class ByteShelf {
  static readonly #BLOCK_BYTES = 128 * 1024;
  #bytes = NO_BYTES;
  #used = 0;

  /** Room for that many bytes, at a place of a buffer that nobody else writes to. */
  take(length: number): { readonly bytes: Buffer; readonly at: number } {
    if (this.#used + length > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(ByteShelf.#BLOCK_BYTES, length));
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += length;
    return { bytes: this.#bytes, at };
  }
}
