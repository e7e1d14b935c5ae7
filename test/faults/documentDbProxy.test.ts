import { randomUUID } from 'node:crypto';
import { type Db, type Document, MongoClient, MongoServerError } from 'mongodb';
import { afterAll, afterEach, expect, inject, test } from 'vitest';
import { sqlStateOf } from '../../src/target/sqlState.ts';
import type { DocumentDbOptions } from './proxy/documentDbOptions.ts';
import { type DocumentDbProxy, startDocumentDbProxy } from './proxy/documentDbProxy.ts';

type Item = { _id: number; text?: string };

const database = `documentdb_${randomUUID().slice(0, 8)}`;
const direct = new MongoClient(inject('mongodbUri'));
const cleanups: (() => Promise<unknown>)[] = [];

async function start(options: Partial<DocumentDbOptions> = {}): Promise<{ proxy: DocumentDbProxy; db: Db }> {
  const uri = new URL(inject('mongodbUri'));
  const proxy = await startDocumentDbProxy({
    upstream: { host: uri.hostname, port: Number(uri.port) },
    ...options,
  });
  uri.host = `127.0.0.1:${proxy.port}`;
  const client = new MongoClient(uri.href, { retryReads: false });
  cleanups.push(
    () => proxy.stop(),
    () => client.close(),
  );
  return { proxy, db: client.db(database) };
}

const items = (count: number): Item[] => Array.from({ length: count }, (_none, _id) => ({ _id, text: `t${_id}` }));

async function failure(work: Promise<unknown>): Promise<MongoServerError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MongoServerError);
  return error as MongoServerError;
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await direct.db(database).dropDatabase();
});
afterAll(() => direct.close());

test('a driver logs in, also with retryable writes, and is told what the gateway tells', async () => {
  const { db } = await start();
  const hello = await db.command({ hello: 1 });
  expect(hello).toMatchObject({ msg: 'isdbgrid', internal: {}, maxWireVersion: 21, maxWriteBatchSize: 25_000 });
  expect(hello).not.toHaveProperty('setName');
  expect(typeof hello['localTime']).toBe('number');
  expect(await db.admin().command({ buildInfo: 1 })).toMatchObject({ version: '7.0.0' });
  await db.collection<Item>('c').updateOne({ _id: 1 }, { $set: { text: 'a' } }, { upsert: true });
  expect(await db.collection<Item>('c').find().toArray()).toEqual([{ _id: 1, text: 'a' }]);
  for (const command of ['getLastRequestStatistics', 'serverStatus', 'replSetGetStatus'])
    expect((await failure(db.admin().command({ [command]: 1 }))).code).toBe(115);
});

test('without an order documents come as the heap has them, with one in it', async () => {
  const { db } = await start();
  const collection = db.collection<Item>('c');
  await collection.insertMany(items(5));
  const ids = (found: readonly Item[]) => found.map(({ _id }) => _id);
  expect(ids(await collection.find().toArray())).toEqual([4, 3, 2, 1, 0]);
  expect(ids(await collection.find().sort({ _id: 1 }).toArray())).toEqual([0, 1, 2, 3, 4]);
});

test('replies are cut, and cursors that are gone are told so', async () => {
  const { proxy, db } = await start({ replyBytes: 300 });
  const collection = db.collection<Item>('c');
  await collection.insertMany(items(30));
  expect(await collection.find({}, { limit: 5 }).toArray()).toHaveLength(5);
  expect((await failure(collection.find().toArray())).code).toBe(43);
  expect(proxy.stats().lostCursors).toBe(1);
});

test('one document that is too large costs the whole insert, and an update itself', async () => {
  const { proxy, db } = await start({ maxDocumentBytes: 1_000 });
  const large = { _id: 7, text: 'x'.repeat(2_000) };
  const documents = [...items(3), large];
  expect((await failure(db.command({ insert: 'c', documents, ordered: false }))).code).toBe(2);
  expect(await db.collection('c').countDocuments()).toBe(0);
  const updates = documents.map((u) => ({ q: { _id: u._id }, u, upsert: true }));
  const answer = await db.command({ update: 'c', updates, ordered: false });
  expect(answer['writeErrors']).toEqual([expect.objectContaining({ index: 3, code: 17_419 })]);
  expect(await db.collection('c').countDocuments()).toBe(3);
  expect((await failure(db.command({ insert: 'c', documents: items(25_001) }))).code).toBe(16);
  expect(proxy.stats().wholeRefusals).toBe(1);
});

test('of a duplicate the name of the index is told and nothing of its keys; of several indexes the others stay', async () => {
  const { db } = await start();
  await db.command({ insert: 'c', documents: items(3).map(({ _id }) => ({ _id, text: 'same' })) });
  const indexes = [
    { key: { text: 1 }, name: 'text_1', unique: true },
    { key: { other: 1 }, name: 'other_1' },
  ];
  expect((await failure(db.command({ createIndexes: 'c', indexes }))).code).toBe(11_000);
  expect((await db.collection('c').indexes()).map(({ name }) => name)).toEqual(['_id_', 'other_1']);
  const answer = await db.command({ insert: 'c', documents: [{ _id: 1 }], ordered: false });
  expect(answer['writeErrors']).toEqual([
    { index: 0, code: 11_000, errmsg: "Duplicate key violation on the requested collection: Index '_id_'" },
  ]);
});

test('builds of a filled collection wait, are listed meanwhile, and are joined; a second one is refused', async () => {
  const { proxy, db } = await start({ buildMs: 600, commandMs: 100, refusesSecondBuild: true });
  const build = (collection: string, field: string) =>
    db.command({ createIndexes: collection, indexes: [{ key: { [field]: 1 }, name: `${field}_1` }] });
  await db.createCollection('empty');
  expect(await build('empty', 'text')).toHaveProperty('raw.defaultShard');
  await db.collection<Item>('c').insertMany(items(3));
  expect((await failure(build('c', 'text'))).code).toBe(50);
  expect((await db.collection('c').indexes()).map(({ name }) => name)).toEqual(['_id_', 'text_1']);
  expect((await failure(build('c', 'other'))).code).toBe(40_333);
  await expect
    .poll(() =>
      build('c', 'text').then(
        () => 'built',
        (error: Document) => error['code'],
      ),
    )
    .toBe('built');
  expect((await direct.db(database).collection('c').indexes()).map(({ name }) => name)).toEqual(['_id_', 'text_1']);
  const { builds, joined, timedOut, secondBuilds } = proxy.stats();
  expect(builds.map(({ collection, isInline }) => [collection, isInline]).slice(0, 2)).toEqual([
    ['empty', true],
    ['c', false],
  ]);
  expect({ isJoined: joined > 0, isTimedOut: timedOut > 0, secondBuilds }).toEqual({
    isJoined: true,
    isTimedOut: true,
    secondBuilds: 1,
  });
});

test('while its PostgreSQL restarts, the gateway says hello and refuses in two ways', async () => {
  const { proxy, db } = await start();
  await db.collection<Item>('c').insertOne({ _id: 1 });
  proxy.restart(300);
  const codes: unknown[] = [];
  await expect
    .poll(async () => {
      await db.command({ hello: 1 });
      return await db.command({ find: 'c' }).then(
        () => 'there',
        (error: Document) => codes.push(error['code']),
      );
    })
    .toBe('there');
  expect(new Set(codes)).toEqual(new Set([50_463_173, 1]));
  expect(sqlStateOf(50_463_173)).toBe('57P03');
  expect(proxy.stats().restartRefusals).toBe(codes.length);
});
