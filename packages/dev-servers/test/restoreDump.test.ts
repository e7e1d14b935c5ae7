import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, dropDatabase } from '../src/postgres/databases.ts';
import { type DumpPart, dumpParts } from '../src/postgres/dumpParts.ts';
import { type RunningPostgres, removePostgresDirectory, startPostgres } from '../src/postgres/postgres.ts';
import { restoreDump } from '../src/postgres/restoreDump.ts';

let directory: string;
let server: RunningPostgres;
let uri: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dev-servers-dump-'));
  server = await startPostgres({ directory: join(directory, 'postgres'), isThrowAway: true });
});

afterAll(async () => {
  await server.stop();
  await removePostgresDirectory(join(directory, 'postgres'));
  await rm(directory, { recursive: true, force: true });
});

/** An empty database. */
async function fresh(): Promise<void> {
  await dropDatabase(server.uri, 'restored');
  uri = await createDatabase(server.uri, 'restored');
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function file(name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(content) : content);
  return path;
}

describe('restoreDump', () => {
  it('keeps the bytes of rows, whatever stands in them', async () => {
    await fresh();
    const rows = ['1\ta\\\\.b', '2\t\\N', '3\tgrün 🧪; -- no comment', "4\tit's $$", '5\t\\r\\n', '6\t'];
    const dump = await file(
      'd.sql.gz',
      `create table t (i int, v text);\n\ncopy t (i, v) from stdin;\n${rows.join('\n')}\n\\.\n\nselect 1;\n`,
    );
    await restoreDump(uri, dump);
    expect((await query('select v from t order by i')).map(({ v }) => v)).toEqual([
      'a\\.b',
      null,
      'grün 🧪; -- no comment',
      "it's $$",
      '\r\n',
      '',
    ]);
  });

  it('streams rows that come in many pieces', async () => {
    await fresh();
    const rows = Array.from({ length: 40_000 }, (_, i) => `${i}\t${'x'.repeat(i % 50)}`).join('\n');
    await restoreDump(uri, await file('d.sql', `create table t (i int, v text);\ncopy t from stdin;\n${rows}\n\\.\n`));
    expect(await query('select count(*)::int as n, sum(length(v))::int as bytes from t')).toEqual([
      { n: 40_000, bytes: 980_000 },
    ]);
  });

  it('leaves out the rows that are not wanted and passes over the fences of newer dumps', async () => {
    await fresh();
    const copy = (table: string) => `create table ${table} (i int);\ncopy ${table} (i) from stdin;\n1\n\\.\n`;
    const dump = await file('d.sql', `\\restrict abc\n${copy('a')}${copy('b')}\\unrestrict abc\n`);
    await restoreDump(uri, dump, { wantsRows: (table) => table === 'b' });
    expect(await query('select (select count(*)::int from a) as a, (select count(*)::int from b) as b')).toEqual([
      { a: 0, b: 1 },
    ]);
  });

  it('names the line of a row that PostgreSQL refuses, of a broken statement and of a command of psql', async () => {
    await fresh();
    const refused = await file('rows.sql', 'create table t (i int);\ncopy t from stdin;\n1\nx\n\\.\n');
    await expect(restoreDump(uri, refused)).rejects.toThrow(
      /^rows\.sql, line 2: invalid input syntax for type integer/,
    );
    await expect(restoreDump(uri, await file('s.sql', 'select 1;\nselekt;\n'))).rejects.toThrow(
      /^s\.sql, line 2: syntax error/,
    );
    await expect(restoreDump(uri, await file('c.sql', '\\connect x\n'))).rejects.toThrow(
      'c.sql, line 1: syntax error at or near "\\"',
    );
    await expect(
      restoreDump(uri, await file('e.sql', 'create table u (i int);\ncopy u from stdin;\n1\n')),
    ).rejects.toThrow(/ends inside the rows/);
  });
});

describe('dumpParts', () => {
  const DUMP =
    "-- dump\nselect ';';\n\nCOPY public.a (i, v) FROM stdin;\n1\tä;\n2\t\\\\.\n\\.\n\n\nCOPY b FROM stdin;\n\\.\nselect 2;";

  /** The parts of the dump, where it comes in pieces of `size` bytes; rows that follow each other as one. */
  async function partsOf(size: number): Promise<DumpPart[]> {
    const bytes = Buffer.from(DUMP);
    async function* pieces(): AsyncGenerator<Buffer> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    const parts: DumpPart[] = [];
    for await (const part of dumpParts(pieces())) {
      const last = parts.at(-1);
      if (part.kind !== 'rows' || last?.kind !== 'rows') parts.push(part);
      else parts[parts.length - 1] = { kind: 'rows', bytes: Buffer.concat([last.bytes, part.bytes]) };
    }
    return parts;
  }

  it.each([1, 2, 3, 7, 31, 1000])('are the same in pieces of %d bytes', async (size) => {
    expect(await partsOf(size)).toEqual([
      { kind: 'statements', sql: "-- dump\nselect ';';\n\n", line: 1 },
      { kind: 'copy', sql: 'COPY public.a (i, v) FROM stdin;\n', table: 'public.a', line: 4 },
      { kind: 'rows', bytes: Buffer.from('1\tä;\n2\t\\\\.\n') },
      { kind: 'endOfRows' },
      { kind: 'copy', sql: 'COPY b FROM stdin;\n', table: 'b', line: 10 },
      { kind: 'endOfRows' },
      { kind: 'statements', sql: 'select 2;\n', line: 12 },
    ]);
  });
});
