import type pg from 'pg';
import type { RowView } from '../encoding/rowView.ts';
import { CopyOut } from './copyOut.ts';
import { TupleParser } from './tupleParser.ts';

/**
 * Reads the rows of a SELECT by `COPY … TO STDOUT (FORMAT binary)`: the cheapest way to read (bench/measured.md §3). Calls
 * `gather` for each row, synchronously; the view is valid during the call only. What it answers with, such as a batch that
 * the row has filled, is yielded, and nothing more is read until that was taken: this is how a slow writer slows the reader
 * down. Whoever stops before the end, or meets an error, leaves the connection in the middle of the data: it must be closed.
 */
export async function* copyRows<T>(
  client: pg.ClientBase,
  select: string,
  columnCount: number,
  gather: (row: RowView) => T | null,
): AsyncGenerator<T, void> {
  let ready: T[] = [];
  const parser = new TupleParser(columnCount, (row) => {
    const gathered = gather(row);
    if (gathered !== null) ready.push(gathered);
  });
  const copy = new CopyOut(
    `copy (${select}) to stdout (format binary)`,
    (bytes, start, end) => parser.push(bytes, start, end),
    () => ready.length > 0,
  );
  client.query(copy);
  while (await copy.advance()) {
    const taken = ready;
    ready = [];
    yield* taken;
  }
}

/** Reads the rows as {@link copyRows} does, all without a pause. */
export async function eachRow(
  client: pg.ClientBase,
  select: string,
  columnCount: number,
  onRow: (row: RowView) => void,
): Promise<void> {
  const rows = copyRows<never>(client, select, columnCount, (row) => {
    onRow(row);
    return null;
  });
  await rows.next();
}
