import { BSON, type Document, MongoNetworkError, MongoServerError } from 'mongodb';
import { expect, test } from 'vitest';
import { type DocumentBatch, documentAt, idKey } from '../../../src/encoding/documentBatch.ts';
import { DocumentAccess, type TargetLoad } from '../../../src/target/documentAccess.ts';
import { DocumentWriter } from '../../../src/target/documentWriter.ts';
import { RateLimiter } from '../../../src/target/rateLimiter.ts';
import { ReplicaMembers } from '../../../src/target/replicaMembers.ts';
import type { TargetDatabase } from '../../../src/target/targetDatabase.ts';
import { targetTraits } from '../../../src/target/targetTraits.ts';
import type { WriteRefusal } from '../../../src/target/writeRefusal.ts';
import { spanOf } from './spanOf.ts';

const bytes = (document: Document) => Buffer.from(BSON.serialize(document));

function batchOf(...keys: string[]): DocumentBatch {
  const documents = keys.map((_id) => bytes({ _id, v: 1 }));
  let end = 0;
  return { bytes: Buffer.concat(documents), ends: documents.map(({ length }) => (end += length)), childRows: [] };
}

/** What befalls one insert: which of its documents arrive, and then an error or the codes of those that are refused. */
interface Fate {
  readonly arrive: readonly string[];
  readonly refused?: Readonly<Record<string, number>>;
  readonly error?: Error;
}

/** A target that deals fates to inserts, then takes everything; what stands in it, and the inserts that came. */
function targetOf(fates: Fate[], standing: Document[] = [], hello: Document = {}) {
  const stored = new Map<string, Buffer>(standing.map((document) => [String(document['_id']), bytes(document)]));
  const inserts: string[][] = [];
  const target = {
    display: 'h:1/d',
    members: new ReplicaMembers(),
    db: {},
    findBetween: async (_collection: string, [low, high]: readonly [string, string]) =>
      spanOf([...stored].flatMap(([id, document]) => (id >= low && id <= high ? [document] : []))),
    findByIds: async (_collection: string, ids: readonly string[]) => ({
      documents: ids.flatMap((id) => stored.get(id) ?? []),
      isWhole: true,
    }),
    insert: async (_collection: string, batch: DocumentBatch, indexes: readonly number[] | null) => {
      const sent = (indexes ?? batch.ends.map((_end, index) => index)).map((index) => documentAt(batch, index));
      inserts.push(sent.map(idKey));
      const fate = fates.shift() ?? { arrive: sent.map(idKey) };
      const refused: WriteRefusal[] = [];
      sent.forEach((document, index) => {
        const key = idKey(document);
        const code = stored.has(key) ? 11_000 : fate.refused?.[key];
        if (fate.arrive.includes(key)) stored.set(key, document);
        if (code !== undefined) refused.push({ index, code, message: 'RetryAfterMs=1' });
      });
      if (fate.error !== undefined) throw fate.error;
      return refused;
    },
  } as unknown as TargetDatabase;
  const traits = targetTraits({ isWritablePrimary: true, ...hello }, '8.0', 'h', false);
  const limiter = new RateLimiter({ maxInFlight: 1, initialRate: 1e9, isRateKnown: true });
  const loads: TargetLoad[] = [];
  const onLoad = (load: TargetLoad) => void loads.push(load);
  const access = new DocumentAccess(target, traits, limiter, { collection: 'c' }, { stallMs: 10_000, onLoad });
  const writer = new DocumentWriter(access, {
    maxInFlight: 1,
    unique: { indexes: [], mayDisplace: false },
    onProgress: () => undefined,
  });
  return { writer, loads, inserts, stored };
}

test('what was refused for throughput, and what timed out and is not there, is sent again; nothing else', async () => {
  const { writer, loads, inserts, stored } = targetOf([
    { arrive: ['b', 'd'], refused: { a: 50, b: 50, c: 16_500 } },
    { arrive: ['a'], refused: { c: 16_500 } },
  ]);
  await writer.write(batchOf('a', 'b', 'c', 'd'));
  expect(await writer.finish()).toMatchObject({ inserted: 3, unchanged: 1, rejected: [] });
  expect(loads.reduce((sum, { throttled }) => sum + throttled, 0)).toBe(2);
  expect(inserts).toEqual([['a', 'b', 'c', 'd'], ['a', 'c'], ['c']]);
  expect([...stored.keys()].toSorted()).toEqual(['a', 'b', 'c', 'd']);
});

test('where every document is refused, some for throughput and some for time, no later refusal is taken for that of another', async () => {
  const { writer, inserts, stored } = targetOf([
    { arrive: [], refused: { a: 50, b: 16_500 } },
    { arrive: ['b'], refused: { a: 16_500 } },
  ]);
  await writer.write(batchOf('a', 'b'));
  expect(await writer.finish()).toMatchObject({ inserted: 2 });
  expect(inserts).toEqual([['a', 'b'], ['a', 'b'], ['a']]);
  expect([...stored.keys()].toSorted()).toEqual(['a', 'b']);
});

test('after a lost connection what arrived is looked up and not sent again', async () => {
  const { writer, inserts } = targetOf([{ arrive: ['a', 'c'], error: new MongoNetworkError('cut') }]);
  await writer.write(batchOf('a', 'b', 'c'));
  expect(await writer.finish()).toMatchObject({ inserted: 3, unchanged: 0 });
  expect(inserts).toEqual([['a', 'b', 'c'], ['b']]);
});

test('a request that is too large is halved down to the document that is', async () => {
  const tooLarge = { arrive: [], error: new MongoServerError({ message: '', code: 16 }) };
  const { writer, inserts } = targetOf([tooLarge, tooLarge]);
  await writer.write(batchOf('a', 'b', 'c'));
  const { inserted, rejected } = await writer.finish();
  expect(inserts).toEqual([['a', 'b', 'c'], ['a'], ['b', 'c']]);
  expect(inserted).toBe(2);
  expect(rejected).toMatchObject([{ key: 'a', reason: expect.stringContaining('over its size limit') }]);
});

const ENGINE = { msg: 'isdbgrid', internal: {} };
const notValid = { arrive: [], error: new MongoServerError({ message: '', code: 2 }) };

test('a command that the DocumentDB engine refuses whole is halved down to the document that it does not take', async () => {
  const { writer, inserts, stored } = targetOf([notValid, { arrive: ['a', 'b'] }, notValid, notValid], [], ENGINE);
  await writer.write(batchOf('a', 'b', 'c', 'd'));
  const { inserted, rejected } = await writer.finish();
  expect(inserts).toEqual([['a', 'b', 'c', 'd'], ['a', 'b'], ['c', 'd'], ['c'], ['d']]);
  expect([...stored.keys()]).toEqual(['a', 'b', 'd']);
  expect(inserted).toBe(3);
  expect(rejected).toMatchObject([{ key: 'c', reason: 'The target refused the document as not valid (code 2)' }]);
});

test('elsewhere such a command is at fault itself, as it is on the engine when it refuses whatever comes', async () => {
  const mongod = targetOf([notValid]);
  await mongod.writer.write(batchOf('a', 'b'));
  await expect(mongod.writer.finish()).rejects.toThrow('(code 2)');
  const engine = targetOf(
    Array.from({ length: 1_000 }, () => notValid),
    [],
    ENGINE,
  );
  await engine.writer.write(batchOf(...Array.from({ length: 100 }, (_none, index) => `k${1_000 + index}`)));
  await expect(engine.writer.finish()).rejects.toThrow('(code 2)');
});

test('documents that a restart of the engine refused one by one are looked up and sent again', async () => {
  const { writer, inserts } = targetOf([{ arrive: ['b'], refused: { a: 50_463_173, b: 50_463_173 } }], [], ENGINE);
  await writer.write(batchOf('a', 'b', 'c'));
  expect(await writer.finish()).toMatchObject({ rejected: [] });
  expect(inserts).toEqual([['a', 'b', 'c'], ['a']]);
});

test('a range that was begun before is looked up first, until a batch has nothing there', async () => {
  const { writer, inserts } = targetOf([], [{ _id: 'a', v: 1 }]);
  await writer.write(batchOf('a', 'b'));
  await writer.write(batchOf('c'));
  await writer.write(batchOf('d'));
  expect(await writer.finish()).toMatchObject({ inserted: 3, unchanged: 1 });
  expect(inserts).toEqual([['b'], ['c'], ['d']]);
});
