import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { MongoClient, MongoServerError, ObjectId } from 'mongodb';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { countAll } from '../../src/target/countAll.ts';
import { DocumentAccess } from '../../src/target/documentAccess.ts';
import { RateLimiter } from '../../src/target/rateLimiter.ts';
import { NoAnswerInTime } from '../../src/target/requestLimits.ts';
import { TargetDatabase } from '../../src/target/targetDatabase.ts';
import type { TargetTraits } from '../../src/target/targetTraits.ts';

const database = `counted_${Date.now()}`;
const uri = withDatabase(inject('mongodbUri'), database);
const target = new TargetDatabase({ uri, options: {}, database, display: 't' }, 2);
const client = new MongoClient(uri);

beforeAll(async () => {
  const ids = [
    ...Array.from({ length: 250 }, (_unused, index) => `row-${index}`),
    ...Array.from({ length: 30 }, () => new ObjectId()),
    7,
    true,
  ];
  await client
    .db()
    .collection<{ _id: unknown }>('things')
    .insertMany(ids.map((_id) => ({ _id })));
});
afterAll(async () => {
  await client.db().dropDatabase();
  await Promise.all([client.close(), target.close()]);
});

async function accessWith(traits: Partial<TargetTraits> = {}): Promise<DocumentAccess> {
  const limiter = new RateLimiter({ maxInFlight: 2, initialRate: Number.POSITIVE_INFINITY, isRateKnown: false });
  const own = { ...(await target.traits()), ...traits };
  return new DocumentAccess(target, own, limiter, { collection: 'things' }, { stallMs: 10_000 });
}

test.each([
  ['takes longer than one request may', new NoAnswerInTime('late')],
  ['is refused', new MongoServerError({ code: 50, errmsg: 'operation exceeded time limit' })],
])('a count that %s is made page by page', async (_, failure) => {
  const access = await accessWith();
  expect(await countAll(access)).toBe(282);
  for (const pages of [100, 125, 1_000]) {
    const within = vi.spyOn(target.limits, 'within').mockRejectedValueOnce(failure);
    expect(await countAll(access, pages), `pages of ${pages}`).toBe(282);
    within.mockRestore();
  }
});

test('on request units pages of ids are counted', async () => {
  vi.spyOn(target.limits, 'within').mockRejectedValueOnce(new NoAnswerInTime('late'));
  // Ids of other types are looked for elsewhere only, as that question costs a scan.
  expect(await countAll(await accessWith({ isCharged: true }))).toBe(280);
  vi.restoreAllMocks();
});

test('what no other way of counting helps against is thrown', async () => {
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  const limiter = new RateLimiter({ maxInFlight: 2, initialRate: Number.POSITIVE_INFINITY, isRateKnown: false });
  const options = { stallMs: 10_000, signal: stop.signal };
  const access = new DocumentAccess(target, await target.traits(), limiter, { collection: 'things' }, options);
  await expect(countAll(access)).rejects.toThrow('stopped');
});
