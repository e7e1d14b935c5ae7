import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findChangedCollations } from '../../src/source/findChangedCollations.ts';
import {
  describeMisordered,
  findDoubtfulIndexes,
  findMisorderedIndexes,
  type MisorderedIndex,
} from '../../src/source/indexOrder.ts';
import { changeCollation } from '../support/changeCollation.ts';
import { type FreshSource, freshSource } from '../support/databases.ts';

let source: FreshSource;
let client: pg.Client;

const connect = async (): Promise<pg.Client> => {
  const opened = new pg.Client({ connectionString: source.uri });
  await opened.connect();
  return opened;
};

beforeEach(async () => {
  source = await freshSource('1.30.1');
  client = await connect();
  await client.query(
    `insert into runs (run_uuid, experiment_id, name, status, lifecycle_stage)
       select case when i % 2 = 0 then 'a' else 'B' end || i, 0, 'r', 'RUNNING', 'active' from generate_series(1, 4000) i;
     insert into params (run_uuid, key, value)
       select case when i % 2 = 0 then 'a' else 'B' end || i, case when j % 2 = 0 then 'k' else 'K' end || j, 'v'
         from generate_series(1, 4000) i, generate_series(1, 4) j;
     analyze`,
  );
});
afterEach(async () => {
  await client.end();
  await source.drop();
});

/** Asks in a transaction of its own, as the program does. */
async function ask<T>(work: (on: pg.Client) => Promise<T>): Promise<T> {
  await client.query('begin transaction isolation level repeatable read read only');
  try {
    return await work(client);
  } finally {
    await client.query('commit');
  }
}

const TABLES = ['runs', 'params', 'metrics', 'experiments', 'tags'];

describe('an index in the wrong order', () => {
  test('is found by its neighbours and by lost keys, and the cure that is named cures it', async () => {
    expect(await ask((on) => findMisorderedIndexes(on, 'public', TABLES))).toEqual([]);
    expect(await ask((on) => findDoubtfulIndexes(on, 'public', TABLES))).toEqual([]);
    await client.query(`${changeCollation('params')}; ${changeCollation('runs')}`);
    await client.end();
    client = await connect();
    const expected = [
      { table: 'params', index: 'param_pk', cure: 'REINDEX INDEX "public"."param_pk"' },
      { table: 'runs', index: 'run_pk', cure: 'REINDEX INDEX "public"."run_pk"' },
    ];
    // It is the fault: fewer rows by the index than there are.
    const counted = await ask(async (on) => {
      await on.query('set local enable_seqscan = off; set local enable_bitmapscan = off');
      const where = "where run_uuid >= 'a' and run_uuid < 'b'";
      return await on.query<{ count: string }>(`select count(*)::text as count from runs ${where}`);
    });
    expect(Number(counted.rows[0]?.count)).toBeLessThan(2_000);
    expect(await ask((on) => findMisorderedIndexes(on, 'public', TABLES))).toEqual(
      expect.arrayContaining(expected.map((index) => expect.objectContaining(index))),
    );
    // Each looked up by the index that the server takes for it: each is broken, and each table is found.
    const doubtful = await ask((on) => findDoubtfulIndexes(on, 'public', TABLES));
    expect(await ask((on) => findMisorderedIndexes(on, 'public', TABLES))).toEqual(expect.arrayContaining(doubtful));
    expect(new Set(doubtful.map(({ table }) => table))).toEqual(new Set(['params', 'runs']));
    expect(describeMisordered(expected[0] as MisorderedIndex)).toMatch(
      /index param_pk of params .* misses rows.* REINDEX INDEX "public"/,
    );
    for (const { cure } of await ask((on) => findMisorderedIndexes(on, 'public', TABLES))) await client.query(cure);
    expect(await ask((on) => findMisorderedIndexes(on, 'public', TABLES))).toEqual([]);
    expect(await ask((on) => findDoubtfulIndexes(on, 'public', TABLES))).toEqual([]);
  });

  test('is found in a partition, over descending keys and over keys with NULLs; other tables are left out', async () => {
    await client.query(
      `create table parted (id int, name text, primary key (id, name)) partition by range (id);
       create table parted_low partition of parted for values from (0) to (1000);
       create table parted_high partition of parted for values from (1000) to (9000);
       insert into parted select i, case when i % 2 = 0 then 'a' else 'B' end || j from generate_series(990, 1010) i, generate_series(1, 9) j;
       insert into parted select 2000, case when j % 2 = 0 then 'a' else 'B' end || j from generate_series(1, 900) j;
       create table sorted (name text, other text, n int);
       insert into sorted select case i % 3 when 0 then 'a' || i when 1 then 'B' || i end, 'x', i from generate_series(1, 3000) i;
       create index by_name on sorted (name desc nulls last, n); create index by_other on sorted (other);
       create index by_part on sorted (name) where n > 5; create index by_lower on sorted (lower(name)); analyze;
       ${changeCollation('parted_high')}; ${changeCollation('sorted')}`,
    );
    await client.end();
    client = await connect();
    const found = await ask((on) => findMisorderedIndexes(on, 'public', ['parted', 'sorted', 'absent']));
    expect(found.map(({ table, index }) => `${table} ${index}`)).toEqual(['parted parted_high_pkey', 'sorted by_name']);
    expect(await ask((on) => findMisorderedIndexes(on, 'public', ['runs']))).toEqual([]);
  });

  test('the settings of the transaction are as before', async () => {
    const settings = await ask(async (on) => {
      await findMisorderedIndexes(on, 'public', TABLES);
      return await on.query("select current_setting('enable_seqscan') as scan, current_setting('enable_sort') as sort");
    });
    expect(settings.rows).toEqual([{ scan: 'on', sort: 'on' }]);
  });
});

describe('a collation of another version', () => {
  test('is named with the tables that have indexes by it', async () => {
    expect(await ask((on) => findChangedCollations(on, 'public', TABLES))).toEqual([]);
    await client.query(
      `create collation old (provider = icu, locale = 'en-US'); update pg_collation set collversion = '1.2.3' where collname = 'old';
       create table named (name text collate old primary key);
       create collation unused (provider = icu, locale = 'de-DE'); update pg_collation set collversion = '1' where collname = 'unused';
       update pg_database set datcollversion = '0' where datname = current_database()`,
    );
    const found = await ask((on) => findChangedCollations(on, 'public', [...TABLES, 'named']));
    expect(found).toEqual([
      {
        name: 'the collation old',
        recorded: '1.2.3',
        actual: expect.any(String),
        tables: ['named'],
        refresh: 'ALTER COLLATION public.old REFRESH VERSION',
      },
      {
        name: `the default collation of the database ${source.name}`,
        recorded: '0',
        actual: expect.any(String),
        tables: expect.arrayContaining(['params', 'runs']),
        refresh: `ALTER DATABASE ${source.name} REFRESH COLLATION VERSION`,
      },
    ]);
  });
});
