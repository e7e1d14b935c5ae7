import { BSON, type Document, MongoServerError } from 'mongodb';
import { expect, test } from 'vitest';
import { idKey } from '../../../src/encoding/documentBatch.ts';
import { MigrationError } from '../../../src/errors.ts';
import { type AccessOptions, DocumentAccess, type TargetLoad } from '../../../src/target/documentAccess.ts';
import { DocumentWriter } from '../../../src/target/documentWriter.ts';
import { RateLimiter } from '../../../src/target/rateLimiter.ts';
import { ReplicaMembers } from '../../../src/target/replicaMembers.ts';
import type { TargetDatabase } from '../../../src/target/targetDatabase.ts';
import { type TargetTraits, targetTraits } from '../../../src/target/targetTraits.ts';

const bytes = (document: Document) => Buffer.from(BSON.serialize(document));
const read = (document: Buffer) => BSON.deserialize(document);
/** Elements of a filter as the document that they make. */
const filterOf = (elements: Buffer) => {
  const document = Buffer.concat([Buffer.alloc(4), elements, Buffer.of(0)]);
  document.writeInt32LE(document.length, 0);
  return read(document);
};

/** What each request of a fake target was charged: 5 RU. */
const measured = async (send: () => Promise<unknown>) => ({ result: await send(), charge: 5 });

function wholeServer(
  target: Partial<Record<keyof TargetDatabase, unknown>>,
): [TargetDatabase, TargetTraits, RateLimiter, { collection: string }] {
  const traits = targetTraits({ isWritablePrimary: true }, '8.0', 'h', false);
  const limiter = new RateLimiter({ maxInFlight: 1, initialRate: 1e9, isRateKnown: true });
  return [
    { display: 'h:1/d', db: {}, members: new ReplicaMembers(), ...target } as unknown as TargetDatabase,
    traits,
    limiter,
    { collection: 'c' },
  ];
}

/** A collection in which `_id` is unique for each value of the shard key only, as in an account with request units. */
function sharded(
  documents: Document[],
  options: Partial<AccessOptions> = {},
): { access: DocumentAccess; deleted: Document[]; replaced: Document[] } {
  const [deleted, replaced]: [Document[], Document[]] = [[], []];
  const target = {
    display: 'h:1/d',
    members: new ReplicaMembers(),
    measured,
    findByIds: async (_collection: string, ids: readonly unknown[]) => ({
      documents: documents.filter(({ _id }) => ids.includes(_id)).map(bytes),
      isWhole: true,
    }),
    delete: async (_collection: string, keys: readonly Buffer[]) => {
      deleted.push(...keys.map(filterOf));
      return [];
    },
    replace: async (_collection: string, items: readonly Buffer[]) => {
      replaced.push(...items.map(read));
      return [];
    },
  } as unknown as TargetDatabase;
  const traits = targetTraits({ setName: 'globaldb', isWritablePrimary: true }, '7.0', 'h', false);
  const limiter = new RateLimiter({ maxInFlight: 2, initialRate: 1e9, isRateKnown: true });
  const access = new DocumentAccess(
    target,
    traits,
    limiter,
    { collection: 'c', shardKey: 's' },
    { stallMs: 1_000, ...options },
  );
  return { access, deleted, replaced };
}

test('a document under a shard key that its row no longer has is deleted before it is written anew', async () => {
  const { access, deleted, replaced } = sharded([
    { _id: 'a', s: 'old', v: 1 },
    { _id: 'b', s: 'same', v: 1 },
    { _id: 'c', v: 1 },
  ]);
  const wanted = [
    { _id: 'a', s: 'new', v: 1 },
    { _id: 'b', s: 'same', v: 2 },
    { _id: 'c', s: 'now', v: 1 },
  ];
  expect(await access.replace(wanted.map(bytes))).toEqual([]);
  expect(deleted).toEqual([
    { _id: 'a', s: 'old' },
    { _id: 'c', s: null },
  ]);
  expect(replaced).toEqual(wanted);
});

test('documents of one _id under several shard keys equal none, and are made one', async () => {
  const right = { _id: 'a', s: 'new', v: 1 };
  const { access, deleted, replaced } = sharded([{ _id: 'a', s: 'old', v: 1 }, right, { _id: 'b', s: 'x' }]);
  const found = await access.findByIds(['a', 'b']);
  expect(found.get('b')).toEqual(bytes({ _id: 'b', s: 'x' }));
  expect(found.get('a')).not.toEqual(bytes(right));
  await access.replace([bytes(right)]);
  expect(deleted).toEqual([{ _id: 'a', s: 'old' }]);
  expect(replaced).toEqual([right]);
});

test('a replacement that the target finds too large is refused alone, and those beside it arrive', async () => {
  const sent: string[] = [];
  const stored: string[] = [];
  const [target, traits, limiter, place] = wholeServer({
    replace: async (_collection: string, items: readonly Buffer[]) => {
      const ids = items.map((item) => String(read(item)['_id']));
      sent.push(ids.join(''));
      if (ids.includes('x')) throw new MongoServerError({ code: 16, errmsg: 'Request size is too large' });
      stored.push(...ids);
      return [];
    },
  });
  const access = new DocumentAccess(target, traits, limiter, place, { stallMs: 1_000 });
  const refused = await access.replace(['a', 'b', 'x', 'c', 'd'].map((_id) => bytes({ _id })));
  expect(refused).toEqual([expect.objectContaining({ index: 2, code: 16 })]);
  expect(stored.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  expect(sent[0]).toBe('abxcd');
});

test('deleting by _id deletes under each shard key', async () => {
  const { access, deleted } = sharded([
    { _id: 'a', s: 'x' },
    { _id: 'a', s: 7 },
  ]);
  await access.delete([idKey(bytes({ _id: 'a' })), idKey(bytes({ _id: 'gone' }))]);
  expect(deleted).toEqual([
    { _id: 'a', s: 'x' },
    { _id: 'a', s: 7 },
  ]);
});

test('a request that the target does not answer for the stall time fails, and one that waits for a told time does', async () => {
  const target = {
    display: 'h:1/d',
    members: new ReplicaMembers(),
    measured,
    findByIds: () => new Promise<never>(() => undefined),
  } as unknown as TargetDatabase;
  const traits = targetTraits({ setName: 'globaldb', isWritablePrimary: true }, '7.0', 'h', false);
  const limiter = new RateLimiter({ maxInFlight: 2, initialRate: 1e9, isRateKnown: true });
  const access = new DocumentAccess(target, traits, limiter, { collection: 'c' }, { stallMs: 50 });
  await expect(access.findByIds(['a'])).rejects.toMatchObject({
    kind: 'target-unreachable',
    message: expect.stringMatching(
      /^The target h:1.d accepted nothing for \d s: it leaves requests without an answer$/,
    ),
  });
  const lost = new MigrationError('target-unreachable', 'Connection to h:1/d lost', { hint: 'Check the network' });
  limiter.unanswered(lost);
  await expect(access.findByIds(['a'])).rejects.toMatchObject({
    kind: 'target-unreachable',
    message: expect.stringMatching(/^The target h:1.d accepted nothing for \d s: Connection to h:1.d lost$/),
    hint: 'Check the network; then go on with --resume',
  });
  limiter.leave({ cost: 1, acceptedCost: 0, operations: 1, isRefused: true, retryAfterMs: 3_600_000 });
  await expect(access.findByIds(['a'])).rejects.toMatchObject({
    kind: 'target-throttled',
    message: expect.stringMatching(/refuses requests for lack of throughput$/),
  });
  // What was accepted since says nothing of before.
  limiter.leave({ cost: 1, acceptedCost: 1, operations: 1, isRefused: false, retryAfterMs: null });
  expect(() => limiter.assertProgress(0, 60_000, 'h:1/d')).not.toThrow();
});

test('reads are booked by what they are charged, and cost what they find', async () => {
  const { access } = sharded(Array.from({ length: 100 }, (_, index) => ({ _id: `${index}`, s: 'x' })));
  const ids = Array.from({ length: 100 }, (_, index) => `${index}`);
  expect(access.limiter.charges.reads('c').ratio).toBe(1);
  await access.findByIds(ids);
  // 102 request units were expected of a command that was charged 5.
  expect(access.limiter.charges.reads('c').ratio).toBeCloseTo(5 / 102, 5);
});

test('each request is told with what it cost, reads and refused ones too', async () => {
  const loads: TargetLoad[] = [];
  const sums = () =>
    loads.splice(0).reduce((a, b) => ({
      requests: a.requests + b.requests,
      throttled: a.throttled + b.throttled,
      requestUnits: a.requestUnits + b.requestUnits,
    }));
  const onLoad = (load: TargetLoad) => void loads.push(load);
  const { access } = sharded([{ _id: 'a', s: 'x' }], { onLoad });
  await access.findByIds(['a', 'gone']);
  // Of two documents that were paid for in advance one was found, and the charge was measured.
  const found = sums();
  expect(found).toMatchObject({ requests: 1, throttled: 0 });
  expect(found.requestUnits).toBeCloseTo(5, 5);
  const answers = [[{ index: 0, code: 16_500, message: 'RetryAfterMs=1' }], []];
  const plain = new DocumentAccess(...wholeServer({ replace: async () => answers.shift() }), {
    stallMs: 10_000,
    onLoad,
  });
  await plain.replace([bytes({ _id: 'a' })]);
  expect(sums()).toEqual({ requests: 2, throttled: 1, requestUnits: 0 });
});

test('a guard is asked before each request that writes, also when one is sent again, and keeps it from being sent', async () => {
  const log: string[] = [];
  const lost = new MigrationError('target-in-use', 'Another migration has taken over');
  let answers = [[{ index: 0, code: 16_500, message: 'RetryAfterMs=1' }], []];
  const place = wholeServer({
    findByIds: async () => ({ documents: [], isWhole: true }),
    replace: async () => {
      log.push('replace');
      return answers.shift();
    },
    delete: async () => {
      log.push('delete');
      return [];
    },
  });
  let isTaken = false;
  const guard = async (isDestructive: boolean) => {
    log.push(isDestructive ? 'strict guard' : 'guard');
    if (isTaken) throw lost;
  };
  const access = new DocumentAccess(...place, { stallMs: 10_000, guard });
  await access.findByIds(['a']);
  await access.command(1, () => Promise.resolve());
  expect(log).toEqual([]);
  await access.replace([bytes({ _id: 'a' })]);
  await access.delete(['a']);
  expect(log.splice(0)).toEqual(['strict guard', 'replace', 'strict guard', 'replace', 'strict guard', 'delete']);
  isTaken = true;
  answers = [[]];
  await expect(access.replace([bytes({ _id: 'a' })])).rejects.toBe(lost);
  await expect(access.delete(['a'])).rejects.toBe(lost);
  const writer = new DocumentWriter(access, {
    maxInFlight: 1,
    unique: { indexes: [], mayDisplace: false },
    onProgress: () => undefined,
  });
  const document = bytes({ _id: 'a' });
  await writer.write({ bytes: document, ends: [document.length], childRows: [] });
  await expect(writer.finish()).rejects.toBe(lost);
  expect(log).toEqual(['strict guard', 'strict guard', 'guard']);
  // What was not sent holds no place: the one request that may be in flight is free for another.
  await access.findByIds(['a']);
});

test('a document that the target refuses to delete is an error that names the collection', async () => {
  const access = new DocumentAccess(
    ...wholeServer({ delete: async () => [{ index: 1, code: 20, message: 'of a value' }] }),
    { stallMs: 10_000 },
  );
  await expect(access.delete(['a', 'b'])).rejects.toMatchObject({
    kind: 'target-refused',
    message: 'The target h:1/d refuses to delete documents of c (code 20)',
  });
});
