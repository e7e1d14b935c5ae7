import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { RowView } from '../mlflow/rowView.ts';

/** Signature, flags and extension length that begin COPY's binary form. */
const HEADER_BYTES = 19;

/**
 * Streams the rows of a SELECT by `COPY … TO STDOUT (FORMAT binary)`: the cheapest way to read (bench/measured.md §3).
 * Calls `onRow` for each row, synchronously; the view is valid during the call only. After each chunk of the stream
 * `afterChunk` is awaited, which is how a slow writer slows the reader down.
 */
export async function copyRows(
  client: pg.ClientBase,
  select: string,
  columnCount: number,
  onRow: (row: RowView) => void,
  afterChunk: () => Promise<void> | undefined,
): Promise<void> {
  const stream = client.query(copyTo(`copy (${select}) to stdout (format binary)`));
  const parser = new TupleParser(columnCount, onRow);
  for await (const part of stream as AsyncIterable<Buffer>) {
    parser.push(part);
    const pause = afterChunk();
    if (pause !== undefined) await pause;
  }
}

/** Cuts a stream of chunks into tuples. A tuple that spans chunks is put together once, when all of it is there. */
class TupleParser {
  private readonly row: RowView;
  private readonly columnCount: number;
  private readonly onRow: (row: RowView) => void;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  /** Bytes that are needed before it is worth looking again. */
  private neededBytes = HEADER_BYTES;
  private isHeaderSeen = false;

  constructor(columnCount: number, onRow: (row: RowView) => void) {
    this.row = new RowView(columnCount);
    this.columnCount = columnCount;
    this.onRow = onRow;
  }

  push(part: Buffer): void {
    this.waiting.push(part);
    this.waitingBytes += part.length;
    if (this.waitingBytes < this.neededBytes) return;
    let buffer = this.waiting.length === 1 ? part : Buffer.concat(this.waiting, this.waitingBytes);
    if (!this.isHeaderSeen) {
      buffer = buffer.subarray(HEADER_BYTES + buffer.readInt32BE(HEADER_BYTES - 4));
      this.isHeaderSeen = true;
    }
    const used = this.readTuples(buffer);
    this.waiting = used === buffer.length ? [] : [buffer.subarray(used)];
    this.waitingBytes = buffer.length - used;
  }

  /** Reads the whole tuples of the buffer and says how many bytes they took. */
  private readTuples(buffer: Buffer): number {
    const { row, columnCount } = this;
    const { fields } = row;
    row.buffer = buffer;
    let tuple = 0;
    for (;;) {
      this.neededBytes = 2;
      if (tuple + 2 > buffer.length) return tuple;
      const count = buffer.readInt16BE(tuple);
      if (count < 0) return buffer.length;
      if (count !== columnCount) throw new RangeError(`A row has ${count} columns instead of ${columnCount}`);
      let at = tuple + 2;
      for (let i = 0; i < count; i++) {
        if (at + 4 > buffer.length) return this.wait(tuple, at + 4);
        const length = buffer.readInt32BE(at);
        at += 4;
        fields[i * 2] = at;
        fields[i * 2 + 1] = length;
        if (length > 0) at += length;
      }
      if (at > buffer.length) return this.wait(tuple, at);
      this.onRow(row);
      tuple = at;
    }
  }

  private wait(tuple: number, end: number): number {
    this.neededBytes = end - tuple;
    return tuple;
  }
}
