/** What a plain `pg_dump` consists of, in order: statements, and the rows of COPYs, each COPY ended by `endOfRows`. `line` is where it begins in the file. */
export type DumpPart =
  | { readonly kind: 'statements'; readonly sql: string; readonly line: number }
  | { readonly kind: 'copy'; readonly sql: string; readonly table: string; readonly line: number }
  | { readonly kind: 'rows'; readonly bytes: Buffer }
  | { readonly kind: 'endOfRows' };

/** As pg_dump writes it: on a line of its own. A function's body that holds such a line would be taken for one. */
const COPY = /^copy\s+([^\s(]+)[^;\n]*\sfrom\s+stdin;\n/im;
/** No row can look like this: COPY doubles the backslashes of values. */
const END_OF_ROWS = '\\.\n';
/** Newer releases of pg_dump fence their output with two commands that mean something to psql only. */
const FENCE = /^\\(?:un)?restrict\b.*$/gm;
const NEWLINE = 10;

/** Cuts a dump into its parts as it arrives, without looking into statements: those between two COPYs are one part. Throws where the dump ends inside of rows. */
export async function* dumpParts(bytes: AsyncIterable<Buffer>): AsyncGenerator<DumpPart> {
  const reader = new DumpReader();
  for await (const chunk of bytes) yield* reader.push(chunk);
  yield* reader.end();
}

class DumpReader {
  /** What has arrived and is in no part yet; begins at the beginning of a line. */
  #pending: Buffer = Buffer.alloc(0);
  #line = 1;
  #isInRows = false;

  *push(chunk: Buffer): Generator<DumpPart> {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (let wasInRows: boolean | undefined; wasInRows !== this.#isInRows; ) {
      wasInRows = this.#isInRows;
      yield* wasInRows ? this.#rows() : this.#upToCopy();
    }
  }

  *end(): Generator<DumpPart> {
    yield* this.push(Buffer.from('\n'));
    if (this.#isInRows) throw new Error('The dump ends inside the rows of a COPY');
    yield* this.#statements(this.#pending.length);
  }

  *#upToCopy(): Generator<DumpPart> {
    // As latin1, where a place in the text is a place in the bytes.
    const copy = COPY.exec(this.#pending.toString('latin1'));
    if (copy === null) return;
    yield* this.#statements(copy.index);
    const line = this.#line;
    const sql = this.#take(copy[0].length).toString();
    this.#isInRows = true;
    yield { kind: 'copy', sql, table: COPY.exec(sql)?.[1] ?? '', line };
  }

  *#rows(): Generator<DumpPart> {
    const isAtEnd = this.#pending.toString('latin1', 0, END_OF_ROWS.length) === END_OF_ROWS;
    const beforeEnd = isAtEnd ? 0 : this.#pending.indexOf(`\n${END_OF_ROWS}`) + 1;
    const hasEnd = isAtEnd || beforeEnd > 0;
    const length = hasEnd ? beforeEnd : this.#pending.lastIndexOf(NEWLINE) + 1;
    if (length > 0) yield { kind: 'rows', bytes: this.#take(length) };
    if (!hasEnd) return;
    this.#take(END_OF_ROWS.length);
    this.#isInRows = false;
    yield { kind: 'endOfRows' };
  }

  *#statements(length: number): Generator<DumpPart> {
    const line = this.#line;
    const sql = this.#take(length).toString().replace(FENCE, '');
    if (sql.trim() !== '') yield { kind: 'statements', sql, line };
  }

  #take(length: number): Buffer {
    const taken = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    for (let at = taken.indexOf(NEWLINE); at !== -1; at = taken.indexOf(NEWLINE, at + 1)) this.#line += 1;
    return taken;
  }
}
