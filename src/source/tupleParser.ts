import { RowView } from '../encoding/rowView.ts';

/** Signature, flags and extension length that begin COPY's binary form. */
const HEADER_BYTES = 19;

/**
 * Cuts COPY's binary form into tuples. PostgreSQL sends one row a message, so that a tuple nearly always lies whole in the
 * bytes that are pushed and nothing is copied; what does not is kept until the rest comes.
 */
export class TupleParser {
  readonly #row: RowView;
  readonly #columnCount: number;
  readonly #onRow: (row: RowView) => void;
  #waiting: Buffer | null = null;
  #isHeaderSeen = false;

  /** `onRow` is called for each tuple; the view is valid during the call only. */
  constructor(columnCount: number, onRow: (row: RowView) => void) {
    this.#row = new RowView(columnCount);
    this.#columnCount = columnCount;
    this.#onRow = onRow;
  }

  /** Takes the bytes from `start` to `end`. Throws a RangeError when a tuple has not the columns that were asked for. */
  push(part: Buffer, start: number, end: number): void {
    let buffer = part;
    let at = start;
    let stop = end;
    if (this.#waiting !== null) {
      buffer = Buffer.concat([this.#waiting, part.subarray(start, end)]);
      at = 0;
      stop = buffer.length;
      this.#waiting = null;
    }
    if (!this.#isHeaderSeen) at += this.#headerBytes(buffer, at, stop);
    const used = this.#isHeaderSeen ? this.#readTuples(buffer, at, stop) : at;
    // A copy, as the bytes belong to whoever read them.
    if (used < stop) this.#waiting = Buffer.from(buffer.subarray(used, stop));
  }

  /** Bytes of the header, 0 as long as it is not all there. */
  #headerBytes(buffer: Buffer, start: number, end: number): number {
    if (end - start < HEADER_BYTES) return 0;
    const bytes = HEADER_BYTES + buffer.readInt32BE(start + HEADER_BYTES - 4);
    if (end - start < bytes) return 0;
    this.#isHeaderSeen = true;
    return bytes;
  }

  /** Reads the whole tuples and says where they end. */
  #readTuples(buffer: Buffer, start: number, end: number): number {
    const [row, columnCount] = [this.#row, this.#columnCount];
    const { fields } = row;
    row.buffer = buffer;
    let tuple = start;
    while (tuple + 2 <= end) {
      const count = buffer.readInt16BE(tuple);
      if (count < 0) return end;
      if (count !== columnCount) throw new RangeError(`A row has ${count} columns instead of ${columnCount}`);
      let at = tuple + 2;
      for (let i = 0; i < count; i++) {
        if (at + 4 > end) return tuple;
        const length = buffer.readInt32BE(at);
        at += 4;
        fields[i * 2] = at;
        fields[i * 2 + 1] = length;
        if (length > 0) at += length;
      }
      if (at > end) return tuple;
      this.#onRow(row);
      tuple = at;
    }
    return tuple;
  }
}
