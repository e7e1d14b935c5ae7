import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { type Db, type Document, MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { MigrationError } from '../../src/errors.ts';
import { buildLayout } from '../../src/mlflow/layouts/buildLayout.ts';
import type { CollectionDefinition, IndexDefinition } from '../../src/mlflow/layouts/layout.ts';
import { introspect } from '../../src/source/introspect.ts';
import { readDocuments } from '../../src/source/readDocuments.ts';
import { SourceDatabase } from '../../src/source/sourceDatabase.ts';
import { findDisplaced } from '../../src/target/displacedValues.ts';
import { type AccessOptions, DocumentAccess } from '../../src/target/documentAccess.ts';
import { DocumentWriter } from '../../src/target/documentWriter.ts';
import { createIndexes } from '../../src/target/indexes.ts';
import { RateLimiter } from '../../src/target/rateLimiter.ts';
import { TargetDatabase } from '../../src/target/targetDatabase.ts';
import type { TargetTraits } from '../../src/target/targetTraits.ts';
import type { WriteTotals } from '../../src/target/writeTally.ts';
import { compareRange } from '../../src/validation/compareRange.ts';
import type { RangeComparison } from '../../src/validation/rangeComparison.ts';
import { startCosmosProxy } from '../faults/proxy/cosmosProxy.ts';
import { type FreshSource, freshSource } from '../support/databases.ts';
import { compare, runSql, TestApp } from '../support/runMigration.ts';

/** Every kind of unique index that a layout has: one field, several, and those that hold a document only where a field is present. */
const INDEXES: readonly IndexDefinition[] = [
  { keys: [['name', 1]], isUnique: true },
  {
    keys: [
      ['grp', 1],
      ['place', 1],
    ],
    isUnique: true,
  },
  { keys: [['alias', 1]], isUnique: true, presentFields: { alias: 'string' } },
  { keys: [['rank', 1]], isUnique: true, presentFields: { rank: 'long' } },
];
const FLAVOURS = ['mongodb', 'documentdb', 'cosmos-ru'] as const;
const ROWS = 8;

let source: FreshSource;
let reader: SourceDatabase;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  source = await freshSource('1.30.1');
  reader = SourceDatabase.open({ config: { connectionString: source.uri }, display: 's', schema: 'public' }, 2);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await reader.close();
  await source.drop();
});

interface World {
  readonly definition: CollectionDefinition;
  /** Past what stands before the server, as all that is looked at here. */
  readonly db: Db;
  documents(): Promise<Document[]>;
  copy(options?: Partial<AccessOptions>, mayDisplace?: boolean): Promise<WriteTotals>;
  compare(options?: Partial<AccessOptions>, mayDisplace?: boolean, where?: string): Promise<RangeComparison>;
  displaced(): ReturnType<typeof findDisplaced>;
}

/** A table of the source and its collection, filled by a copy. `rowsAtOnce` is how many rows a batch holds. */
async function world(
  flavour: TargetTraits['flavour'],
  rowsAtOnce: number,
  change: Partial<CollectionDefinition> = {},
): Promise<World> {
  await runSql(
    source.uri,
    `drop table if exists named;
     create table named (id text primary key, name text not null, grp text not null, place int not null,
       alias text, rank bigint, note text);
     insert into named select 'r' || i, 'n' || i, 'g' || i % 2, i, 'a' || i, i, 'note ' || i from generate_series(1, ${ROWS}) i;
     insert into named select 'z' || i, 'm' || i, 'h', i from generate_series(1, 3) i;`,
  );
  const direct = new URL(inject('mongodbUri'));
  const reached = new URL(direct);
  if (flavour === 'cosmos-ru') {
    const upstream = { host: direct.hostname, port: Number(direct.port) };
    const proxy = await startCosmosProxy({ upstream, flavour: 'ru', seed: 3, requestUnitsPerSecond: 50_000 });
    cleanups.push(() => proxy.stop());
    reached.host = `127.0.0.1:${proxy.port}`;
    reached.searchParams.set('authSource', 'admin');
  }
  const database = `unique_${Date.now()}_${Math.floor(Math.random() * 1e6)}`;
  const target = new TargetDatabase(
    { uri: withDatabase(reached.href, database), options: {}, database, display: 't' },
    2,
  );
  const client = new MongoClient(direct.href);
  cleanups.push(async () => {
    await client.db(database).dropDatabase();
    await Promise.all([client.close(), target.close()]);
  });
  const { schema } = await reader.read((connection) => introspect(connection, 'public'));
  const options = { layout: 'tables', tables: ['named'], workspace: null, shardKeys: {} } as const;
  const [found] = buildLayout(schema, options).collections.filter(({ table }) => table === 'named');
  const definition: CollectionDefinition = { ...(found as CollectionDefinition), indexes: INDEXES, ...change };
  const asked = await target.traits();
  const traits: TargetTraits = flavour === 'documentdb' ? { ...asked, flavour, needsUniqueIndexesFirst: true } : asked;
  expect(traits.flavour).toBe(flavour);
  await createIndexes(target, traits, 'named', definition.indexes, new AbortController().signal);
  const limiter = new RateLimiter({ maxInFlight: 2, initialRate: 1e6, isRateKnown: false });
  const limits = { maxRows: rowsAtOnce, maxBytes: 1_000_000, maxDocumentBytes: 1_000_000 };
  const all = { lower: null, upper: null };
  const access = (more: Partial<AccessOptions> = {}) =>
    new DocumentAccess(target, traits, limiter, definition, { stallMs: 20_000, ...more });
  const report = { onProgress: () => undefined };
  const made: World = {
    definition,
    db: client.db(database),
    documents: () => client.db(database).collection('named').find().sort({ _id: 1 }).toArray(),
    copy: async (more, mayDisplace = true) => {
      const unique = { indexes: definition.indexes, mayDisplace };
      const writer = new DocumentWriter(access(more), { maxInFlight: 2, unique, ...report });
      for await (const batch of readDocuments(reader, definition, all, limits)) await writer.write(batch);
      return await writer.finish();
    },
    compare: (more, mayDisplace = true, where = 'true') => {
      const wanted = { ...definition, where };
      const admit = () => Promise.resolve(() => undefined);
      const options = { mayRepair: true, mayDisplace, onProgress: () => undefined, admit };
      return compareRange(readDocuments(reader, wanted, all, limits), access(more), wanted, options);
    },
    displaced: () => findDisplaced(access(), definition.indexes),
  };
  const { inserted, rejected } = await made.copy();
  expect({ inserted, rejected }).toEqual({ inserted: ROWS + 3, rejected: [] });
  return made;
}

/** Swaps, chains and rings over every index at once; the last row of a chain takes a new value, the first one's is free. */
const CHANGES = {
  'a swap': "update named set name = case id when 'r1' then 'n2' else 'n1' end where id in ('r1', 'r2')",
  'a ring of all, on every index': `update named t set name = o.name, grp = o.grp, place = o.place, alias = o.alias, rank = o.rank
     from named o where t.id ~ 'r' and o.id = 'r' || substr(t.id, 2)::int % ${ROWS} + 1`,
  'a chain down': "update named set name = 'n' || substr(id, 2)::int + 1, rank = rank + 1 where id ~ 'r'",
  'a chain up':
    "update named set name = 'n' || substr(id, 2)::int - 1, alias = 'a' || substr(id, 2)::int - 1 where id ~ 'r'",
  'values that are given up for none': `update named set alias = null, rank = null where id in ('r1', 'r2');
     update named set alias = 'a1', rank = 2 where id = 'z3'`,
} as const;

async function expectEqual(to: World): Promise<void> {
  const { equal, repaired, failed, findings } = await to.compare({}, false);
  expect({ equal, repaired, failed, findings }).toEqual({ equal: ROWS + 3, repaired: 0, failed: 0, findings: [] });
  expect(await to.displaced()).toEqual([]);
}

for (const flavour of FLAVOURS) {
  for (const [name, change] of Object.entries(CHANGES)) {
    test.each([1, 1_000])(`${flavour}: ${name} is repaired in one pass, %i rows at once`, async (rowsAtOnce) => {
      const there = await world(flavour, rowsAtOnce);
      await runSql(source.uri, change);
      const { failed, findings, equal, inserted } = await there.compare();
      expect({ failed, findings, equal, inserted }).toEqual({ failed: 0, findings: [], equal: ROWS + 3, inserted: 0 });
      await expectEqual(there);
    });
  }

  test.each([1, 1_000])(
    `${flavour}: a copy over older documents takes their values, %i rows at once`,
    async (rowsAtOnce) => {
      const there = await world(flavour, rowsAtOnce);
      await runSql(
        source.uri,
        `${CHANGES['a ring of all, on every index']};
       delete from named where id = 'z1'; insert into named values ('a0', 'm1', 'h', 1), ('zz', 'm9', 'h', 9)`,
      );
      const { rejected, inserted } = await there.copy();
      expect({ rejected, inserted }).toEqual({ rejected: [], inserted: 2 });
      // z1 has no row any more: it is there without its values until it is removed as vanished.
      const ids = (await there.documents()).map(({ _id }) => String(_id));
      expect(ids).toContain('z1');
      expect(ids).toHaveLength(ROWS + 5);
      expect(new Set((await there.displaced()).map(({ key, to }) => `${key} to ${to}`))).toEqual(new Set(['z1 to a0']));
      const { failed, repaired } = await there.compare();
      expect({ failed, repaired }).toEqual({ failed: 0, repaired: 0 });
    },
  );

  test(`${flavour}: killed before any one of its writes, no document is gone, and the next pass makes all right`, async () => {
    let isWhole = false;
    for (let writes = 0; !isWhole; writes++) {
      const there = await world(flavour, 4);
      await runSql(source.uri, CHANGES['a ring of all, on every index']);
      let left = writes;
      const killed = new MigrationError('target-in-use', 'Another migration has taken over');
      const guard = async () => {
        if (left-- === 0) throw killed;
      };
      try {
        await there.compare({ guard });
        isWhole = true;
      } catch (error) {
        expect(error).toBe(killed);
      }
      expect(await there.documents()).toHaveLength(ROWS + 3);
      const { failed, findings } = await there.compare();
      expect({ failed, findings }).toEqual({ failed: 0, findings: [] });
      await expectEqual(there);
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
      if (isWhole) expect(writes).toBeGreaterThan(5);
    }
  });
}

test('the same pass twice at once undoes nothing of the other’s', async () => {
  for (let time = 0; time < 4; time++) {
    const there = await world('mongodb', 2);
    await runSql(source.uri, CHANGES['a ring of all, on every index']);
    for (const { failed, findings } of await Promise.all([there.compare(), there.compare()])) {
      expect({ failed, findings }).toEqual({ failed: 0, findings: [] });
    }
    await expectEqual(there);
  }
});

test('a document that was made right after it was seen in the way keeps its values', async () => {
  const there = await world('mongodb', 1_000);
  await runSql(source.uri, CHANGES['a ring of all, on every index']);
  let writes = 0;
  // The second write takes r1's values for r8. Before it is sent, another worker makes r1 right.
  const guard = async () => {
    if (++writes === 2) await there.compare({}, true, "t.id < 'r5'");
  };
  expect((await there.compare({ guard }, true, "t.id >= 'r5'")).failed).toBe(0);
  await expectEqual(there);
});

test('the shard key itself changes hands where it is the only field of a unique index', async () => {
  const sharded = { shardKey: 'name', indexes: INDEXES.slice(0, 1) };
  for (const [name, change] of Object.entries(CHANGES)) {
    for (const rowsAtOnce of [1, 1_000]) {
      const there = await world('cosmos-ru', rowsAtOnce, sharded);
      await runSql(source.uri, change);
      const { failed, findings } = await there.compare();
      expect({ name, failed, findings }).toEqual({ name, failed: 0, findings: [] });
      await expectEqual(there);
    }
  }
});

test('beside other data nobody gives a value up: the row is a finding that names the document in its way', async () => {
  const there = await world('mongodb', 1_000);
  await runSql(source.uri, CHANGES['a swap']);
  const before = await there.documents();
  const { failed, findings, equal } = await there.compare({}, false);
  expect({ failed, equal }).toEqual({ failed: 2, equal: ROWS + 1 });
  const message = (key: string) =>
    `Another document has the same value of a unique index (code 11000): ${key} in the index name_1`;
  expect(findings).toEqual([
    { severity: 'error', check: 'copy', table: 'named', key: 'r1', message: message('r2') },
    { severity: 'error', check: 'copy', table: 'named', key: 'r2', message: message('r1') },
  ]);
  const { rejected } = await there.copy({}, false);
  expect(rejected.map(({ key, reason }) => ({ key, reason }))).toEqual([
    { key: 'r1', reason: message('r2') },
    { key: 'r2', reason: message('r1') },
  ]);
  expect(await there.documents()).toEqual(before);
});

test('rows that share a value in the source are findings that name both, however they are cut', async () => {
  const whole = await world('mongodb', 1_000);
  const twins = "update named set name = 'same' where id in ('r1', 'r2')";
  await runSql(source.uri, twins);
  const { failed, findings } = await whole.compare();
  expect(failed).toBe(1);
  expect(findings).toMatchObject([
    { key: 'r2', message: 'Its row and that of r1 have the same value of the unique index name_1' },
  ]);
  expect(await whole.displaced()).toEqual([]);

  // Read apart, the one cannot know of the other: each pass ends all the same, with one of them left over and found.
  const apart = await world('mongodb', 1);
  await runSql(source.uri, twins);
  for (let pass = 0; pass < 3; pass++) {
    await apart.compare();
    const left = await apart.displaced();
    expect(left).toEqual([{ key: 'r1', to: 'r2', index: 'name_1' }]);
  }
});

test('a row that the collection’s validator refuses is told so, whether it is new or changed', async () => {
  const there = await world('mongodb', 1_000);
  await there.db.command({ collMod: 'named', validator: { note: { $not: /forbidden/ } } });
  await runSql(
    source.uri,
    "update named set note = 'forbidden' where id = 'r3'; insert into named values ('s', 's', 's', 1, null, null, 'forbidden')",
  );
  const reason = 'The validator of the collection refused the document (code 121)';
  const { rejected } = await there.copy();
  expect(rejected.map(({ key, reason: told }) => ({ key, told }))).toEqual([
    { key: 'r3', told: reason },
    { key: 's', told: reason },
  ]);
  const { findings } = await there.compare();
  expect(findings.map(({ key, check, message }) => ({ key, check, message }))).toEqual([
    { key: 'r3', check: 'copy', message: reason },
    { key: 's', check: 'copy', message: reason },
  ]);
});

test('rows that were missing are told apart from rows that differed', async () => {
  const there = await world('mongodb', 3);
  await runSql(
    source.uri,
    `insert into named values ('new1', 'x1', 'x', 1), ('new2', 'x2', 'x', 2); update named set note = 'other' where id = 'r3'`,
  );
  const { repaired, inserted, equal } = await there.compare();
  expect({ repaired, inserted, equal }).toEqual({ repaired: 3, inserted: 2, equal: ROWS + 5 });
});

test('on an account with request units, throttled and cut off, swapped names are right after one catch-up', async () => {
  const server = new URL(inject('mongodbUri'));
  const upstream = { host: server.hostname, port: Number(server.port) };
  const proxy = await startCosmosProxy({
    upstream,
    flavour: 'ru',
    seed: 7,
    requestUnitsPerSecond: 4_000,
    cutRate: 0.01,
  });
  cleanups.push(() => proxy.stop());
  server.host = `127.0.0.1:${proxy.port}`;
  server.searchParams.set('authSource', 'admin');
  const database = `unique_${proxy.port}_${Date.now()}`;
  const app = await TestApp.start({ RU_TARGET: withDatabase(server.href, database) });
  cleanups.push(() => app[Symbol.asyncDispose]());
  const pair = { ...(await app.pair('1.30.1')), target: 'RU_TARGET', database };
  const insert = "select 900 + i, 'name ' || i, 'active' from generate_series(1, 9) i";
  await runSql(pair.postgresUri, `insert into experiments (experiment_id, name, lifecycle_stage) ${insert}`);
  expect((await app.migrate(pair)).code).toBe(0);
  await runSql(
    pair.postgresUri,
    `update experiments set name = 'moving ' || experiment_id where experiment_id > 900;
     update experiments set name = 'name ' || (experiment_id - 900) % 9 + 1 where experiment_id > 900`,
  );
  const { code, report } = await app.migrate(pair, { catchUp: true });
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect(report.tables['experiments']?.repaired).toBe(9);
  expect((await compare(pair)).differences).toEqual([]);
});
