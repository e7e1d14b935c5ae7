import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { type DumpPart, dumpParts } from './dumpParts.ts';

export interface RestoreOptions {
  /** Whether a table (as the dump writes it: `public.runs`) gets its rows. All do by default. */
  readonly wantsRows?: (table: string) => boolean;
}

/**
 * Restores a plain `pg_dump` (`.sql`, or gzipped when the name ends with `.gz`) into an empty database, without psql. Rows go through COPY
 * as they stand in the file, never decoded. Throws with file and line of the statement that failed; what came before it stays.
 */
export async function restoreDump(postgresUri: string, dumpFile: string, options: RestoreOptions = {}): Promise<void> {
  const file = createReadStream(dumpFile, { highWaterMark: 256 * 1024 });
  const bytes = dumpFile.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => bytes.destroy(error));
  const client = new pg.Client({ connectionString: postgresUri });
  await client.connect();
  let last: DumpPart | undefined;
  try {
    let rows: RowsWriter | undefined;
    for await (const part of dumpParts(bytes)) {
      if (part.kind !== 'rows' && part.kind !== 'endOfRows') last = part;
      // One simple query takes many statements: PostgreSQL itself knows where each ends.
      if (part.kind === 'statements') await client.query(part.sql);
      else if (part.kind === 'copy')
        rows = options.wantsRows?.(part.table) === false ? undefined : startRows(client, part.sql);
      else if (part.kind === 'rows') await rows?.write(part.bytes);
      else await rows?.end();
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${basename(dumpFile)}, line ${lineOf(last, cause)}: ${message}`, { cause });
  } finally {
    await client.end();
  }
}

/** The rows of one COPY on their way. */
interface RowsWriter {
  write(rows: Buffer): Promise<void>;
  end(): Promise<void>;
}

function startRows(client: pg.Client, sql: string): RowsWriter {
  const copy: CopyStreamQuery = client.query(copyFrom(sql));
  let refusal: Error | undefined;
  // PostgreSQL may refuse a row at any time, also while nobody waits for the stream.
  copy.on('error', (error: Error) => {
    refusal = error;
  });
  return {
    write: async (rows) => {
      if (refusal) throw refusal;
      // `once` rejects when the stream fails instead.
      if (!copy.write(rows)) await once(copy, 'drain');
    },
    end: async () => {
      if (refusal) throw refusal;
      copy.end();
      await finished(copy);
    },
  };
}

/** Where the part begins, or, where PostgreSQL points into its text, the line of that place. */
function lineOf(part: DumpPart | undefined, cause: unknown): number {
  if (part?.kind !== 'statements' && part?.kind !== 'copy') return 1;
  const position = Number((cause as { position?: unknown }).position ?? 1);
  return part.line + part.sql.slice(0, position - 1).split('\n').length - 1;
}
