import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { SqlSplitter } from './sqlSplitter.ts';

const NEWLINE = 10;
const END_OF_DATA = '\\.';
const COPY = /^copy\s+([^\s(]+)[^;]*\sfrom\s+stdin/i;

export interface RestoreOptions {
  /** Whether a table (as the dump writes it: `public.runs`) gets its rows. All do by default. */
  readonly wantsRows?: (table: string) => boolean;
}

/**
 * Restores a plain `pg_dump` (`.sql`, or gzipped when the name ends with `.gz`) into an empty database, without psql. Rows go through COPY
 * as they stand in the file, never decoded. Throws with file and line of the statement that failed; what came before it stays.
 */
export async function restoreDump(postgresUri: string, dumpFile: string, options: RestoreOptions = {}): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUri });
  await client.connect();
  try {
    await new DumpReader(client, options).restore(dumpFile);
  } finally {
    await client.end();
  }
}

/** The state of one restore: either between statements, or in the rows of one COPY. */
class DumpReader {
  private readonly client: pg.Client;
  private readonly options: RestoreOptions;
  private readonly splitter = new SqlSplitter();
  private lineNumber = 0;
  private copy: CopyStreamQuery | 'skipped' | undefined;
  private copyError: Error | undefined;

  constructor(client: pg.Client, options: RestoreOptions) {
    this.client = client;
    this.options = options;
  }

  async restore(dumpFile: string): Promise<void> {
    const file = createReadStream(dumpFile, { highWaterMark: 256 * 1024 });
    const bytes = dumpFile.endsWith('.gz') ? file.pipe(createGunzip()) : file;
    file.on('error', (error) => bytes.destroy(error));
    try {
      let rest: Buffer = Buffer.alloc(0);
      for await (const chunk of bytes as AsyncIterable<Buffer>) {
        const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        rest = buffer.subarray(await this.readLines(buffer));
      }
      if (rest.length > 0) await this.readLines(Buffer.concat([rest, Buffer.from('\n')]));
      if (this.copy !== undefined) throw new Error('The dump ends inside the rows of a COPY');
      const last = this.splitter.end();
      if (last !== '') await this.client.query(last);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${basename(dumpFile)}, line ${this.lineNumber}: ${message}`, { cause });
    }
  }

  /** Handles all complete lines and returns how many bytes those are. Rows of a COPY are passed on a run of lines at a time. */
  private async readLines(buffer: Buffer): Promise<number> {
    let lineStart = 0;
    let rowsStart = 0;
    for (let end = buffer.indexOf(NEWLINE); end !== -1; end = buffer.indexOf(NEWLINE, lineStart)) {
      this.lineNumber += 1;
      if (this.copy === undefined) {
        await this.readSql(buffer.toString('utf8', lineStart, end).replace(/\r$/, ''));
        rowsStart = end + 1;
      } else if (end - lineStart === END_OF_DATA.length && buffer.toString('latin1', lineStart, end) === END_OF_DATA) {
        await this.writeRows(buffer.subarray(rowsStart, lineStart));
        await this.endCopy();
        rowsStart = end + 1;
      }
      lineStart = end + 1;
    }
    if (this.copy !== undefined) await this.writeRows(buffer.subarray(rowsStart, lineStart));
    return lineStart;
  }

  private async readSql(line: string): Promise<void> {
    for (const part of this.splitter.push(line)) {
      if (part.kind === 'command') {
        // Newer pg_dump fences its output with these two, which mean something to psql only.
        if (/^\\(un)?restrict\b/.test(part.command)) continue;
        throw new Error(`psql command ${part.command.split(' ')[0]} in a dump`);
      }
      const table = COPY.exec(part.sql)?.[1];
      if (table === undefined) await this.client.query(part.sql);
      else if (this.options.wantsRows?.(table) === false) this.copy = 'skipped';
      else this.copy = this.startCopy(part.sql);
    }
  }

  private startCopy(sql: string): CopyStreamQuery {
    const copy = this.client.query(copyFrom(sql));
    // PostgreSQL may refuse a row at any time, also while nobody waits for the stream.
    copy.on('error', (error: Error) => {
      this.copyError = error;
    });
    return copy;
  }

  private async writeRows(rows: Buffer): Promise<void> {
    const { copy } = this;
    if (copy === undefined || copy === 'skipped' || rows.length === 0) return;
    if (this.copyError) throw this.copyError;
    // `once` rejects when the stream fails instead.
    if (!copy.write(rows)) await once(copy, 'drain');
  }

  private async endCopy(): Promise<void> {
    const { copy } = this;
    this.copy = undefined;
    if (copy === undefined || copy === 'skipped') return;
    if (this.copyError) throw this.copyError;
    copy.end();
    await finished(copy);
  }
}
