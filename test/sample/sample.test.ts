import { mkdtemp, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { tryLockFile } from '../../packages/functions-host/src/store/lockFile.ts';
import { seedScale } from '../../sample/databases.ts';
import { runPsqlScript } from '../../sample/psqlScript.ts';
import { restoreDump } from '../../sample/restoreDump.ts';
import { SqlSplitter } from '../../sample/sqlSplitter.ts';
import { startSample } from '../../sample/startSample.ts';
import { type FreshSource, freshSource } from '../support/databases.ts';
import { FIXTURE_VERSIONS, fixtureCounts } from '../support/fixtures.ts';

let directory: string;
let source: FreshSource;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-sample-'));
});

afterEach(async () => {
  await source?.drop();
  await rm(directory, { recursive: true, force: true });
});

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: source.uri });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Rows by table, for every table of the schema public. */
async function countRows(): Promise<Record<string, number>> {
  const tables = await query("select tablename from pg_tables where schemaname = 'public' order by 1");
  const counts = tables.map(
    ({ tablename }) => `select '${String(tablename)}' as name, count(*)::int as n from "${String(tablename)}"`,
  );
  const rows = await query(counts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, n }) => [String(name), Number(n)]));
}

async function file(name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(content) : content);
  return path;
}

describe('restoreDump', () => {
  it.each(FIXTURE_VERSIONS)('restores every row of MLflow %s', async (version) => {
    source = await freshSource(version);
    const { tables, alembic } = await fixtureCounts(version);
    expect(await countRows()).toEqual(tables);
    expect(await query('select version_num from alembic_version')).toEqual([{ version_num: alembic }]);
  });

  it('restores indexes, foreign keys and functions with semicolons in their bodies', async () => {
    source = await freshSource('3.17.2');
    expect(
      await query(
        "select count(*)::int as n from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace",
      ),
    ).toEqual([{ n: 57 }]);
    await expect(query("update secrets set secret_name = 'x'")).rejects.toThrow(/immutable/);
  });

  it('keeps the bytes of rows, whatever stands in them', async () => {
    source = await freshSource('empty');
    const rows = ['1\ta\\\\.b', '2\t\\N', '3\tgrün 🧪; -- no comment', "4\tit's $$", '5\t\\r\\n', '6\t'];
    const dump = await file(
      'd.sql.gz',
      `create table t (i int, v text);\n\ncopy t (i, v) from stdin;\n${rows.join('\n')}\n\\.\n\nselect 1;\n`,
    );
    await restoreDump(source.uri, dump);
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
    source = await freshSource('empty');
    const rows = Array.from({ length: 40_000 }, (_, i) => `${i}\t${'x'.repeat(i % 50)}`).join('\n');
    await restoreDump(
      source.uri,
      await file('d.sql', `create table t (i int, v text);\ncopy t from stdin;\n${rows}\n\\.\n`),
    );
    expect(await query('select count(*)::int as n, sum(length(v))::int as bytes from t')).toEqual([
      { n: 40_000, bytes: 980_000 },
    ]);
  });

  it('leaves out the rows that are not wanted and passes over the fences of newer dumps', async () => {
    source = await freshSource('empty');
    const copy = (table: string) => `create table ${table} (i int);\ncopy ${table} (i) from stdin;\n1\n\\.\n`;
    const dump = await file('d.sql', `\\restrict abc\n${copy('a')}${copy('b')}\\unrestrict abc\n`);
    await restoreDump(source.uri, dump, { wantsRows: (table) => table === 'b' });
    expect(await countRows()).toEqual({ a: 0, b: 1 });
  });

  it('names the line of a row that PostgreSQL refuses, of a broken statement and of an unknown command', async () => {
    source = await freshSource('empty');
    const refused = await file('rows.sql', 'create table t (i int);\ncopy t from stdin;\n1\nx\n\\.\n');
    await expect(restoreDump(source.uri, refused)).rejects.toThrow(
      /^rows\.sql, line 5: invalid input syntax for type integer/,
    );
    await expect(restoreDump(source.uri, await file('s.sql', 'select 1;\nselekt;\n'))).rejects.toThrow(
      /^s\.sql, line 2: syntax error/,
    );
    await expect(restoreDump(source.uri, await file('c.sql', '\\connect x\n'))).rejects.toThrow(
      'c.sql, line 1: psql command \\connect in a dump',
    );
    await expect(
      restoreDump(source.uri, await file('e.sql', 'create table u (i int);\ncopy u from stdin;\n1\n')),
    ).rejects.toThrow(/ends inside the rows/);
  });
});

describe('runPsqlScript', () => {
  it('fills in variables as psql does', async () => {
    source = await freshSource('empty');
    const script = await file(
      's.sql',
      [
        "\\set table '\"odd' ' name\"'",
        'create table :table (a text, b int);',
        "insert into :table values (:'text', :n), (':n :' || 'x'::text, 0), ($$:n$$, 1), ('a', (array[1,2])[:n]);",
        '\\unset n',
        'insert into :table values (:n, 5);',
      ].join('\n'),
    );
    await expect(runPsqlScript(source.uri, script, { text: "it's", n: '2' })).rejects.toThrow(
      /^s\.sql, line 5: syntax error at or near ":"/,
    );
    expect(await query('select a, b from "odd name" order by b, a')).toEqual([
      { a: ':n :x', b: 0 },
      { a: ':n', b: 1 },
      { a: 'a', b: 2 },
      { a: "it's", b: 2 },
    ]);
  });

  it('runs the branch that holds', async () => {
    source = await freshSource('empty');
    const script = (value: string) =>
      `\\if :{?x}\n\\if :x\ncreate table t as select 1 as ${value}1;\n\\elif true\ncreate table t as select 1 as ${value}2;\n\\endif\n\\else\n\\set x 0\ncreate table t as select 1 as ${value}3;\n\\endif\n`;
    for (const [variables, column] of [
      [{ x: 'on' }, 'a1'],
      [{ x: 'off' }, 'a2'],
      [{}, 'a3'],
    ] as const) {
      await runPsqlScript(source.uri, await file('s.sql', script('a')), variables);
      expect(await query('select * from t')).toEqual([{ [column]: 1 }]);
      await query('drop table t');
    }
  });

  it('ends a statement with \\g and knows what it does not know', async () => {
    source = await freshSource('empty');
    await runPsqlScript(
      source.uri,
      await file('g.sql', 'create table g\n  (i int) \\g /dev/null\ninsert into g values (1)\n'),
    );
    expect(await query('select i from g')).toEqual([{ i: 1 }]);
    await expect(runPsqlScript(source.uri, await file('x.sql', '\n\\gexec\n'))).rejects.toThrow(
      'x.sql, line 2: psql command \\gexec is not known here',
    );
    await expect(runPsqlScript(source.uri, await file('o.sql', 'select 1 \\g out.txt\n'))).rejects.toThrow(
      /can only write to \/dev\/null/,
    );
    await expect(runPsqlScript(source.uri, await file('i.sql', '\\if true\n'))).rejects.toThrow(/ends inside an \\if/);
  });
});

describe('SqlSplitter', () => {
  const split = (text: string) => {
    const splitter = new SqlSplitter();
    const parts = text.split('\n').flatMap((line) => [...splitter.push(line)]);
    return [...parts.map((part) => part.sql), splitter.end()].filter((sql) => sql !== '');
  };

  it.each([
    ['select 1; select 2', ['select 1', 'select 2']],
    ["select ';', 'it''s;' ; x", ["select ';', 'it''s;'", 'x']],
    ["select E'\\';', e'a\\\\'; x", ["select E'\\';', e'a\\\\'", 'x']],
    ["select E'a'';\\';'; x", ["select E'a'';\\';'", 'x']],
    ["select the'\\'; x", ["select the'\\'", 'x']],
    ['select "a;b"; x', ['select "a;b"', 'x']],
    ['do $$ a; $b$ b; $$; x', ['do $$ a; $b$ b; $$', 'x']],
    ['do $f$ a; $$ b;\n c; $f$; x', ['do $f$ a; $$ b;\n c; $f$', 'x']],
    ['select a$b$; x', ['select a$b$', 'x']],
    ['select 1 -- no; end\n; x', ['select 1 \n', 'x'].map((sql) => sql.trim())],
    ['select /* a; /* b; */ c; */ 1; x', ['select   1', 'x']],
    ['create rule r as (a; b); x', ['create rule r as (a; b)', 'x']],
    ["select '\n;\n'; x", ["select '\n;\n'", 'x']],
  ])('cuts %j', (text, statements) => {
    expect(split(text)).toEqual(statements);
  });

  it('does not take an open quote for the end', () => {
    expect(() => split("select 'a;")).toThrow('The script ends inside a quote');
  });
});

describe('seedScale', () => {
  it('makes the records of the original guide', async () => {
    source = await freshSource('empty');
    await seedScale(source.uri, 1);
    const rows = Object.entries(await countRows()).filter(([, n]) => n > 0);
    expect(Object.fromEntries(rows)).toEqual({
      alembic_version: 1,
      experiments: 284,
      latest_metrics: 18_921,
      metrics: 57_350,
      model_versions: 1_164,
      params: 71_003,
      registered_models: 212,
      runs: 6_013,
      tags: 34_791,
      workspaces: 1,
    });
  });
});

test('a second sample leaves the servers of the first alone', async () => {
  const sample = join(directory, 'sample');
  const kept = await file('kept', '');
  const lock = tryLockFile(`${sample}.lock`);
  await symlink(kept, sample);
  await expect(startSample(sample, () => undefined)).rejects.toMatchObject({
    kind: 'conflict',
    message: `Another process works with the sample in ${sample}`,
  });
  lock?.release();
  expect(await readlink(sample)).toBe(kept);
});
