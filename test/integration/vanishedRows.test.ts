import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LookPosition } from '../../src/contract/steps/findVanished.ts';
import { findVanished } from '../../src/steps/findVanished.ts';
import { removeVanished } from '../../src/steps/removeVanished.ts';
import { useEnds } from '../../src/steps/shared/useEnds.ts';
import { scanCollection } from '../../src/target/scanCollection.ts';
import { isKeyed, keyProjection, rowlessDocuments } from '../../src/validation/rowlessDocuments.ts';
import { type CopiedPair, openCopiedPair } from '../support/copiedPair.ts';
import { compare, runSql } from '../support/runMigration.ts';

const NEVER = new AbortController().signal;
let copied: CopiedPair;
let client: MongoClient;

beforeAll(async () => {
  copied = await openCopiedPair(
    '3.17.2',
    'tables',
    // What a key of MLflow can hold: signed zeros, infinities, a metric that is no number, and texts that `_id`s write otherwise.
    `insert into params (key, value, run_uuid) select 'many/' || n || repeat('x', n % 120), n::text, run_uuid
       from (select run_uuid from runs limit 1) r, generate_series(1, 30000) n;
     insert into metrics (key, value, timestamp, run_uuid, step, is_nan)
       select 'odd', v, -1, run_uuid, 0, v = 0 and n = 3 from (select run_uuid from runs limit 1) r,
         (values ('-0'::float8, 1), ('Infinity'::float8, 2), ('0'::float8, 3), ('-Infinity'::float8, 4)) s(v, n);`,
  );
  client = new MongoClient(copied.pair.mongodbUri);
});
afterAll(async () => {
  await client.close();
  await copied.connections.close();
});

test('by what documents hold the row of each is found, in every table of a release', async () => {
  const { run } = copied;
  const services = copied.services();
  const { plan, layout } = await services.planned(run.id, run.planStamp);
  await useEnds(services, { ...run, notBefore: null }, plan, NEVER, async ({ source, access }) => {
    for (const definition of layout.collections) {
      if (!isKeyed(definition)) continue;
      for await (const page of scanCollection(access(definition), keyProjection(definition))) {
        expect(await rowlessDocuments(source, definition, page), definition.table).toEqual([]);
      }
    }
  });
  const others = layout.collections.filter(({ rowKey }) => rowKey === undefined).map(({ table }) => table);
  // Its key has a column of a type that documents hold otherwise: its ids are compared.
  expect(others).toEqual(['sql_trace_rollup_rebuild_queue']);
});

test('documents without a row are found and deleted by as many steps as it takes', async () => {
  const { pair, run } = copied;
  await runSql(
    pair.postgresUri,
    `delete from params where key like 'many/%' and length(key) % 3 > 0;
     delete from metrics where key = 'odd' and (is_nan or value = 'Infinity');`,
  );
  // No time at all: each look ends with its first page.
  const services = copied.services(0);
  const db = client.db(pair.database);
  const params = db.collection<{ _id: string }>('params');
  // Documents of others have no key, or the content of one that is there.
  const [any] = await params
    .find({ key: { $not: /many/ } })
    .limit(1)
    .toArray();
  await db.command({ dropIndexes: 'params', index: '*' });
  await params.insertMany([{ _id: 'a of nobody' }, { ...any, _id: 'z of nobody' }]);
  const before = await params.countDocuments();
  const found = { params: 0, metrics: 0 };
  const looks: number[] = [];
  let documents = 0;
  let searches = 0;
  let after: LookPosition | undefined;
  do {
    const input = { ...run, notBefore: null, since: '0', incomplete: [], isLast: true, skip: [], from: 0, to: 1_000 };
    const step = () => findVanished(services, after === undefined ? input : { ...input, after }, NEVER);
    let look = await step();
    expect(look.failures).toEqual([]);
    if (look.next?.begun?.search !== undefined) {
      searches++;
      // Its answer is lost, and it is begun once more.
      look = await step();
      expect(look.failures).toEqual([]);
    }
    for (const table of ['params', 'metrics'] as const) found[table] += look.found[table]?.vanished ?? 0;
    documents += look.found['params']?.documents ?? 0;
    looks.push(after?.looks ?? 0);
    after = look.next;
  } while (after !== undefined);
  expect(looks.length).toBeGreaterThan(3);
  // Those of others are told by their `_id`s alone, which are searched by steps too.
  expect(searches).toBeGreaterThan(3);
  expect(found.metrics).toBe(2);
  // What it is a share of is told once, however many looks there were.
  expect(documents).toBe(before);
  let removed = 0;
  for (const look of looks) {
    const gone = await removeVanished(services, { ...run, step: 1, from: 0, look }, NEVER);
    expect(gone.failures).toEqual([]);
    removed += gone.removed['params'] ?? 0;
  }
  expect(removed).toBe(found.params);
  expect(found.params).toBe(before - (await params.countDocuments()));
  expect((await compare(pair, { tables: ['params', 'metrics'] })).differences).toEqual([]);
});
