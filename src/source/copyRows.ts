import type pg from 'pg';
import type { RowView } from '../encoding/rowView.ts';
import { CopyOut } from './copyOut.ts';
import { TupleParser } from './tupleParser.ts';

/**
 * Streams the rows of a SELECT by `COPY … TO STDOUT (FORMAT binary)`: the cheapest way to read (bench/measured.md §3).
 * Calls `onRow` for each row, synchronously; the view is valid during the call only. After each chunk that was read
 * `afterChunk` is awaited, which is how a slow writer slows the reader down. When it throws, the connection is in the
 * middle of the data and must be closed.
 */
export async function copyRows(
  client: pg.ClientBase,
  select: string,
  columnCount: number,
  onRow: (row: RowView) => void,
  afterChunk: () => Promise<void> | undefined,
): Promise<void> {
  const parser = new TupleParser(columnCount, onRow);
  const copy = new CopyOut(
    `copy (${select}) to stdout (format binary)`,
    (bytes, start, end) => parser.push(bytes, start, end),
    afterChunk,
  );
  client.query(copy);
  await copy.done;
}
