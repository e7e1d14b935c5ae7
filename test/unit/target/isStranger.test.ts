import { BSON, BSONRegExp, type Document } from 'mongodb';
import { expect, test } from 'vitest';
import { DocumentAccess } from '../../../src/target/documentAccess.ts';
import { DocumentWriter } from '../../../src/target/documentWriter.ts';
import { RateLimiter } from '../../../src/target/rateLimiter.ts';
import { ReplicaMembers } from '../../../src/target/replicaMembers.ts';
import type { TargetDatabase } from '../../../src/target/targetDatabase.ts';
import { targetTraits } from '../../../src/target/targetTraits.ts';
import { spanOf } from './spanOf.ts';

const bytes = (document: Document) => Buffer.from(BSON.serialize(document));

const STRANGERS: readonly Document[] = [
  { _id: 'b', who: 'another program' },
  { _id: 'c', name: 'n', who: 'another program' },
  { _id: 'd' },
  { _id: 'e', name: new BSONRegExp('of a type that no layout writes') },
];

/** What was replaced, and the reasons of rows whose document was not, when rows meet what stands there. */
async function write(hasStrangers: boolean): Promise<{ replaced: string[]; refused: (string | null)[] }> {
  const standing = [{ _id: 'a', name: 'old' }, ...STRANGERS, { _id: 'f', name: 'x', deleted_time: 1 }];
  const replaced: string[] = [];
  const target = {
    display: 'h:1/d',
    members: new ReplicaMembers(),
    db: {},
    // All that stands there is another document: none is found byte for byte.
    findBetween: async () => spanOf(standing.map(bytes)),
    findByIds: async (_collection: string, ids: readonly unknown[]) => ({
      documents: standing.filter(({ _id }) => ids.includes(_id)).map(bytes),
      isWhole: true,
    }),
    replace: async (_collection: string, items: readonly Buffer[]) => {
      replaced.push(...items.map((item) => String(BSON.deserialize(item)['_id'])));
      return [];
    },
  } as unknown as TargetDatabase;
  const traits = targetTraits({ isWritablePrimary: true }, '8.0', 'h', false);
  const limiter = new RateLimiter({ maxInFlight: 1, initialRate: 1e9, isRateKnown: true });
  const place = { collection: 'runs', optionalFields: ['deleted_time'] };
  const access = new DocumentAccess(target, traits, limiter, place, { hasStrangers, stallMs: 10_000 });
  const writer = new DocumentWriter(access, {
    maxInFlight: 1,
    unique: { indexes: [], mayDisplace: false },
    onProgress: () => undefined,
  });
  const rows = standing.map(({ _id }) => bytes({ _id, name: 'of the row' }));
  let end = 0;
  const ends = rows.map((row) => (end += row.length));
  await writer.write({ bytes: Buffer.concat(rows), ends, childRows: [] });
  const { rejected } = await writer.finish();
  return { replaced, refused: rejected.map(({ key }) => key) };
}

test('in a collection with documents of others only a document of the same fields is replaced', async () => {
  expect(await write(true)).toEqual({ replaced: ['a', 'f'], refused: ['b', 'c', 'd', 'e'] });
});

test('in a collection of its own every document that differs is', async () => {
  expect(await write(false)).toEqual({ replaced: ['a', 'b', 'c', 'd', 'e', 'f'], refused: [] });
});
