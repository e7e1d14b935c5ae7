import { randomUUID } from 'node:crypto';
import { type Document, MongoBulkWriteError, MongoClient, type MongoClientOptions, MongoServerError } from 'mongodb';
import { afterAll, afterEach, describe, expect, inject, test } from 'vitest';
import { type CosmosProxy, startCosmosProxy } from './proxy/cosmosProxy.ts';
import type { CosmosProxyOptions } from './proxy/options.ts';

const upstreamUri = new URL(inject('mongodbUri'));
const upstream = { host: upstreamUri.hostname, port: Number(upstreamUri.port) };
const database = `proxy_${randomUUID().slice(0, 8)}`;
const direct = new MongoClient(inject('mongodbUri'));
const cleanups: Array<() => Promise<unknown>> = [];

type Item = { _id: number | string; text?: string };

async function start(options: Partial<CosmosProxyOptions> = {}): Promise<CosmosProxy> {
  const proxy = await startCosmosProxy({ upstream, flavour: 'ru', seed: 7, ...options });
  cleanups.push(() => proxy.stop());
  return proxy;
}

/** The test server's URI with its login, but through the proxy. */
function through(proxy: CosmosProxy): string {
  const uri = new URL(inject('mongodbUri'));
  uri.host = `127.0.0.1:${proxy.port}`;
  uri.pathname = `/${database}`;
  return uri.href;
}

function client(proxy: CosmosProxy, options: MongoClientOptions = {}): MongoClient {
  const opened = new MongoClient(through(proxy), { retryWrites: false, retryReads: false, ...options });
  cleanups.push(() => opened.close());
  return opened;
}

const items = (count: number, from = 0): Item[] =>
  Array.from({ length: count }, (_, index) => ({ _id: from + index, text: `item ${from + index}` }));

async function failure(promise: Promise<unknown>): Promise<Error & { code?: unknown }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not fail');
}

/** The errors of a bulk write by index, or undefined where the command was refused as a whole. */
function refusedIndexes(error: unknown): number[] | undefined {
  if (!(error instanceof MongoBulkWriteError)) throw error;
  const errors = [error.writeErrors].flat();
  return errors.length === 0 ? undefined : errors.map(({ index }) => index);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await direct.db(database).dropDatabase();
});

afterAll(() => direct.close());

describe('a request-unit account', () => {
  test.each<[string, MongoClientOptions]>([
    ['found by the driver', {}],
    ['as a replica set', { replicaSet: 'globaldb' }],
    ['with a direct connection', { directConnection: true }],
    ['with compression asked for', { compressors: ['zlib'] }],
  ])('lets a driver in %s', async (_how, options) => {
    const opened = client(await start(), options);
    const hello = await opened.db('admin').command({ hello: 1 });
    expect(hello).toMatchObject({ setName: 'globaldb', maxWriteBatchSize: 1_000, tags: { region: 'West Europe' } });
    expect(hello['msg']).toBeUndefined();
    expect(hello['compression']).toBeUndefined();
    await opened.db().collection<Item>('c').insertMany(items(3));
    expect(await opened.db().collection<Item>('c').find().sort({ _id: 1 }).toArray()).toEqual(items(3));
  });

  test('passes authentication through', async () => {
    const auth = { user: `u_${database}`, password: 'p@ss/w:rd=' };
    await direct.db('admin').command({ createUser: auth.user, pwd: auth.password, roles: ['readWriteAnyDatabase'] });
    const proxy = await start();
    const right = new MongoClient(proxy.uri(database, auth), { retryWrites: false });
    const wrong = new MongoClient(proxy.uri(database, { ...auth, password: 'no' }));
    try {
      await right.db().collection<Item>('c').insertOne({ _id: 1 });
      expect((await failure(wrong.connect())).code).toBe(18);
    } finally {
      await right.close();
      await wrong.close();
      await direct.db('admin').command({ dropUser: auth.user });
    }
  });

  test('refuses retryable writes as accounts do', async () => {
    const opened = client(await start(), { retryWrites: true });
    const error = await failure(opened.db().collection<Item>('c').insertOne({ _id: 1 }));
    expect(error).toMatchObject({ code: 2, message: expect.stringContaining('retrywrites=false') });
  });

  test('takes what fits of an unordered batch, names the rest, and loses nothing when only the rest is sent again', async () => {
    const proxy = await start({ requestUnitsPerSecond: 2_000, burstSeconds: 0.1 });
    const collection = client(proxy).db().collection<Item>('c');
    let left = items(200);
    let partial = 0;
    while (left.length > 0) {
      const sent = left.slice(0, 60);
      const error = await collection.insertMany(sent, { ordered: false }).then(
        () => undefined,
        (reason: unknown) => reason as MongoBulkWriteError,
      );
      if (error === undefined) {
        left = left.slice(60);
        continue;
      }
      const refused = refusedIndexes(error) ?? sent.map((_, index) => index);
      if (refused.length < sent.length) partial += 1;
      const there = new Set((await direct.db(database).collection<Item>('c').find().toArray()).map(({ _id }) => _id));
      for (const [index, { _id }] of sent.entries()) expect(there.has(_id)).toBe(!refused.includes(index));
      left = [...refused.map((index) => sent[index] as Item), ...left.slice(60)];
      const texts = [error.writeErrors].flat().map(({ errmsg }) => errmsg ?? '');
      const waits = [error.message, ...texts].map((text) => Number(/RetryAfterMs=(\d+)/.exec(text)?.[1] ?? 0));
      await new Promise((resolve) => setTimeout(resolve, Math.max(...waits) + 2));
    }
    expect(partial).toBeGreaterThan(2);
    const stats = proxy.stats();
    expect(stats).toMatchObject({ accepted: 200, resentInserts: 0, earlyResends: 0, earlyWrites: 0 });
    expect([...proxy.accepted(`${database}.c`).values()]).toEqual(Array.from({ length: 200 }, () => 1));
    expect(stats.refusedOperations).toBeGreaterThan(0);
    // 200 small documents at about 6 units each, and not more than what flowed in.
    expect(stats.spentUnits).toBeGreaterThan(1_100);
    expect(stats.spentShare).toBeLessThan(1.03);
  });

  test('stops an ordered batch at the first refusal', async () => {
    const collection = client(await start({ requestUnitsPerSecond: 400, burstSeconds: 0.1 }))
      .db()
      .collection<Item>('c');
    const error = await failure(collection.insertMany(items(20), { ordered: true }));
    const [first] = refusedIndexes(error) ?? [];
    expect(refusedIndexes(error)).toHaveLength(1);
    expect(await direct.db(database).collection('c').countDocuments()).toBe(first);
  });

  test('books documents that are sent again too early, or although they were accepted', async () => {
    // So few units that the told time is long: a busy machine must not send the second batch after it.
    const proxy = await start({ requestUnitsPerSecond: 4, burstSeconds: 10 });
    const collection = client(proxy).db().collection<Item>('c');
    await failure(collection.insertMany(items(20), { ordered: false }));
    const { accepted, refusedOperations } = proxy.stats();
    await failure(collection.insertMany(items(20), { ordered: false }));
    expect(proxy.stats().resentInserts).toBe(accepted);
    expect(proxy.stats().earlyResends).toBe(refusedOperations);
  });

  test.each(['always', 'never', 'sometimes'] as const)('tells the waiting time %s', async (hints) => {
    const proxy = await start({ requestUnitsPerSecond: 400, burstSeconds: 0.1, hints });
    const collection = client(proxy).db().collection<Item>('c');
    const error = await failure(collection.insertMany(items(100), { ordered: false }));
    const texts = [(error as MongoBulkWriteError).writeErrors].flat().map(({ errmsg }) => errmsg ?? '');
    const told = texts.filter((text) => /RetryAfterMs=\d+/.test(text)).length;
    expect(texts.length).toBeGreaterThan(50);
    if (hints === 'always') expect(told).toBe(texts.length);
    if (hints === 'never') expect(told).toBe(0);
    if (hints === 'sometimes') expect(told > 10 && told < texts.length - 10).toBe(true);
    expect(new Set(texts.map((text) => text.slice(0, 6)))).toContain(hints === 'always' ? 'Error=' : 'Messag');
  });

  test('maps the indexes of upserts and of errors of the server itself back', async () => {
    await direct.db(database).collection<Item>('c').insertOne({ _id: 30 });
    const collection = client(await start({ requestUnitsPerSecond: 400, burstSeconds: 0.2 }))
      .db()
      .collection<Item>('c');
    const inserts = await failure(collection.insertMany([...items(1, 30), ...items(20)], { ordered: false }));
    const all = [(inserts as MongoBulkWriteError).writeErrors].flat();
    const refused = new Set(all.map(({ index }) => index));
    for (const [index, { _id }] of items(20).entries()) {
      expect(await direct.db(database).collection<Item>('c').countDocuments({ _id })).toBe(
        refused.has(index + 1) ? 0 : 1,
      );
    }
    for (const { code, index } of all) expect(code === 11_000 ? index : 0).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const replacements = items(20, 100).map((one) => ({
      replaceOne: { filter: { _id: one._id }, replacement: { text: 'x' }, upsert: true },
    }));
    const error = await failure(collection.bulkWrite(replacements, { ordered: false }));
    const { upsertedIds } = (error as MongoBulkWriteError).result as unknown as { upsertedIds: Record<string, number> };
    expect(Object.keys(upsertedIds).length).toBeGreaterThan(0);
    for (const [index, id] of Object.entries(upsertedIds)) expect(id).toBe(100 + Number(index));
  });

  test('ends a throttled command with code 50 and leaves open what went in', async () => {
    const proxy = await start({ requestUnitsPerSecond: 400, burstSeconds: 0.1, timeoutRate: 1 });
    const collection = client(proxy).db().collection<Item>('c');
    const error = await failure(collection.insertMany(items(20), { ordered: false }));
    expect(error).toMatchObject({ code: 50, message: 'Request timed out. Retries due to rate limiting: True.' });
    const written = await direct.db(database).collection('c').countDocuments();
    expect(written).toBeGreaterThan(0);
    await failure(collection.insertMany(items(20), { ordered: false }));
    expect(proxy.stats()).toMatchObject({ resentInserts: 0, resentAfterLoss: written });
  });

  test('refuses reads as a whole when nothing is left to spend', async () => {
    await direct.db(database).collection<Item>('c').insertMany(items(2_000));
    const proxy = await start({ requestUnitsPerSecond: 100, burstSeconds: 0.1 });
    const collection = client(proxy).db().collection<Item>('c');
    const error = await failure(collection.find().batchSize(500).toArray());
    expect(error).toBeInstanceOf(MongoServerError);
    expect(error).toMatchObject({ code: 16_500, codeName: 'RequestRateTooLarge' });
    expect((await failure(collection.countDocuments())).code).toBe(16_500);
  });

  test('refuses what accounts refuse', async () => {
    const db = client(await start({ maxDocumentBytes: 10_000 })).db();
    const collection = db.collection<Item>('c');
    await collection.createIndex({ text: 1 }, { unique: true });
    await collection.insertMany(items(3));
    await collection.createIndex({ text: 1 }, { unique: true });
    expect((await failure(collection.createIndex({ other: 1 }, { unique: true }))).code).toBe(67);
    expect((await failure(collection.find().sort({ other: 1 }).toArray())).code).toBe(2);
    expect((await failure(collection.find().sort({ text: 1, _id: 1 }).toArray())).code).toBe(2);
    expect(await collection.find().sort({ text: -1 }).toArray()).toHaveLength(3);
    const large = { insert: 'c', documents: [{ _id: 9, text: 'x'.repeat(11_000) }, { _id: 10 }], ordered: false };
    expect(await db.command(large)).toMatchObject({ n: 1, writeErrors: [{ index: 0, code: 16 }] });
    expect((await failure(db.command({ insert: 'c', documents: items(1_001, 20) }))).code).toBe(16);
    expect((await failure(db.command({ serverStatus: 1 }))).code).toBe(115);
    expect((await failure(collection.aggregate([{ $collStats: { count: {} } }]).toArray())).code).toBe(40_324);
  });

  test('wants the shard key of a collection that was made with one, in documents, filters and unique indexes', async () => {
    const proxy = await start();
    const db = client(proxy).db();
    await db.command({ customAction: 'CreateCollection', collection: 's', shardKey: 'text' });
    expect(proxy.shardKeys()).toEqual({ [`${database}.s`]: 'text' });
    const collection = db.collection<Item>('s');
    expect((await failure(collection.createIndex({ other: 1 }, { unique: true }))).code).toBe(67);
    await collection.createIndex({ text: 1, other: 1 }, { unique: true });
    expect((await failure(collection.insertOne({ _id: 1 }))).code).toBe(61);
    await collection.insertMany([
      { _id: 1, text: 'a' },
      { _id: 2, text: 'b' },
    ]);
    expect(await failure(collection.deleteOne({ _id: 1 }))).toMatchObject({
      code: 61,
      message: 'query in command must target a single shard key',
    });
    expect((await failure(collection.replaceOne({ _id: 1 }, { text: 'a' }, { upsert: true }))).code).toBe(61);
    expect((await failure(collection.replaceOne({ _id: 1, text: 'a' }, { text: 'c' }, { upsert: true }))).code).toBe(
      66,
    );
    await collection.replaceOne({ _id: 1, text: 'a' }, { text: 'a' }, { upsert: true });
    await collection.deleteOne({ _id: 2, text: 'b' });
    expect(await collection.find({ _id: { $in: [1, 2] } }).toArray()).toEqual([{ _id: 1, text: 'a' }]);
    await collection.drop();
    expect(proxy.shardKeys()).toEqual({});
  });

  test('tells the charge of the last request', async () => {
    const db = client(await start(), { maxPoolSize: 1 }).db();
    await db.collection<Item>('c').insertMany(items(10));
    await db.collection<Item>('c').insertMany(items(10, 10));
    const statistics = await db.command({ getLastRequestStatistics: 1 });
    expect(statistics).toMatchObject({ CommandName: 'insert', ok: 1 });
    expect(statistics['RequestCharge']).toBeCloseTo(59.5, 5);
  });

  test('has throughput that custom actions read and change', async () => {
    const proxy = await start({ requestUnitsPerSecond: 400 });
    const db = client(proxy).db();
    const act = (fields: Document) => db.command(fields);
    expect(await act({ customAction: 'GetDatabase' })).toMatchObject({ provisionedThroughput: 400 });
    await act({ customAction: 'UpdateDatabase', offerThroughput: 4_000 });
    expect(proxy.stats()).toMatchObject({ throughput: { '': 4_000 }, throughputUpdates: 1 });
    await failure(act({ customAction: 'UpdateDatabase', autoScaleSettings: { maxThroughput: 4_000 } }));
    await failure(act({ customAction: 'UpdateDatabase', offerThroughput: 150 }));
    await act({ customAction: 'CreateCollection', collection: 'own', offerThroughput: 1_000 });
    expect(await act({ customAction: 'GetCollection', collection: 'own' })).toMatchObject({
      provisionedThroughput: 1_000,
    });
    expect(await act({ customAction: 'GetCollection', collection: 'c' })).not.toHaveProperty('provisionedThroughput');
    expect(await db.listCollections().toArray()).toHaveLength(1);
  });
});

describe('connection faults', () => {
  test('cut connections before the server sees a command and before its answer is sent', async () => {
    const proxy = await start({ flavour: 'mongodb', cutRate: 0.3, cutCommands: ['insert'] });
    const collection = client(proxy).db().collection<Item>('c');
    let lost = 0;
    for (const item of items(20)) {
      await collection.insertOne(item).catch((error: Error) => {
        expect(error.name).toMatch(/^MongoNetworkError|^MongoBulkWriteError/);
        lost += 1;
      });
    }
    const { cuts, accepted } = proxy.stats();
    expect(cuts.before + cuts.after).toBe(lost);
    expect(Math.min(cuts.before, cuts.after)).toBeGreaterThan(0);
    expect(accepted).toBe(20 - cuts.before);
    expect(await direct.db(database).collection('c').countDocuments()).toBe(accepted);
  });

  test('fail commands by schedule', async () => {
    const rule = { commands: ['insert'], code: 10_107, codeName: 'NotWritablePrimary', skip: 1, times: 1 };
    const collection = client(await start({ flavour: 'mongodb', failCommands: [rule] }))
      .db()
      .collection<Item>('c');
    await collection.insertOne({ _id: 1 });
    expect((await failure(collection.insertOne({ _id: 2 }))).code).toBe(10_107);
    await collection.insertOne({ _id: 3 });
    expect(await direct.db(database).collection('c').countDocuments()).toBe(2);
  });

  test('refuse new connections while paused, cut those that are open, and come back', async () => {
    const proxy = await start({ flavour: 'mongodb' });
    const collection = client(proxy, { serverSelectionTimeoutMS: 300 }).db().collection<Item>('c');
    await collection.insertOne({ _id: 1 });
    await proxy.pause();
    proxy.cutAll();
    await failure(collection.insertOne({ _id: 2 }));
    await proxy.resume();
    await expect
      .poll(() =>
        collection.insertOne({ _id: 3 }).then(
          (r) => r.acknowledged,
          () => false,
        ),
      )
      .toBe(true);
  });

  test('delay answers', async () => {
    const collection = client(await start({ flavour: 'mongodb', delayMs: 80 }))
      .db()
      .collection<Item>('c');
    const startedMs = performance.now();
    await collection.insertOne({ _id: 1 });
    expect(performance.now() - startedMs).toBeGreaterThan(79);
  });
});
