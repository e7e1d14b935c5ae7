import { BSON, type Document, ObjectId } from 'mongodb';
import { expect, test } from 'vitest';
import { type DocumentBatch, idKey } from '../../../src/encoding/documentBatch.ts';
import type { DocumentAccess } from '../../../src/target/documentAccess.ts';
import { EqualDocuments } from '../../../src/target/equalDocuments.ts';
import { spanOf } from './spanOf.ts';

const bytes = (document: Document) => Buffer.from(BSON.serialize(document));

function batchOf(documents: readonly Document[]): DocumentBatch {
  const parts = documents.map(bytes);
  const ends = parts.map((_part, n) => Buffer.concat(parts.slice(0, n + 1)).length);
  return { bytes: Buffer.concat(parts), ends, childRows: [] };
}

/** A target that holds these documents, in the order of their `_id`s, and counts how often it is asked. */
function targetWith(documents: readonly Document[], more: Partial<DocumentAccess> = {}) {
  const asked: { low: string; high: string; limit: number }[] = [];
  const held = documents
    .map(bytes)
    .sort((one, other) => Buffer.compare(Buffer.from(idKey(one)), Buffer.from(idKey(other))));
  const findBetween = async (low: string, high: string, limit: number) => {
    asked.push({ low, high, limit });
    const [from, to] = [Buffer.from(low), Buffer.from(high)];
    const isWithin = (id: Buffer) => Buffer.compare(id, from) >= 0 && Buffer.compare(id, to) <= 0;
    const found = held.filter((document) => isWithin(Buffer.from(idKey(document)))).slice(0, limit);
    return spanOf(found);
  };
  const access = { traits: { readsByRange: true }, shardKey: null, findBetween, ...more } as unknown as DocumentAccess;
  return { asked, equal: new EqualDocuments(access) };
}

const ten = Array.from({ length: 10 }, (_, n) => ({ _id: `run:${n}`, value: n, step: 1 }));

test('what stands there byte for byte is found by one request, in whatever order it comes', async () => {
  const { equal, asked } = targetWith(ten);
  expect(await equal.findOthers(batchOf(ten))).toEqual([]);
  expect(await equal.findOthers(batchOf(ten.toReversed()))).toEqual([]);
  expect(asked).toEqual(Array(2).fill({ low: 'run:0', high: 'run:9', limit: 26 }));
});

test('each kind of difference is left to be looked up', async () => {
  const target = ten.map((document, n) => {
    if (n === 1) return { ...document, value: -0 };
    if (n === 3) return { ...document, value: new BSON.Long(3) };
    if (n === 5) return { _id: 'run:5', step: 1, value: 5 };
    if (n === 7) return { ...document, more: null };
    return document;
  });
  const { equal } = targetWith(target.filter(({ _id }) => _id !== 'run:9'));
  const changed = ten.map((document, n) => (n === 1 ? { ...document, value: new BSON.Double(0) } : document));
  expect(await equal.findOthers(batchOf(changed))).toEqual([1, 3, 5, 7, 9]);
});

test('documents of nobody between them hide none, also more than are read', async () => {
  const others = (count: number) => Array.from({ length: count }, (_, n) => ({ _id: `run:4:${n}` }));
  expect(await targetWith([...ten, ...others(5), { _id: 'a' }, { _id: 'z' }]).equal.findOthers(batchOf(ten))).toEqual(
    [],
  );
  const many = targetWith([...ten, ...others(1_000)]);
  expect(await many.equal.findOthers(batchOf(ten))).toEqual([5, 6, 7, 8, 9]);
});

test('ObjectIds go by their bytes', async () => {
  const documents = ['ff', '00', '7f', '80'].map((hex) => ({ _id: new ObjectId(hex.repeat(12)) }));
  const { equal } = targetWith(documents);
  expect(await equal.findOthers(batchOf(documents))).toEqual([]);
});

test('ObjectIds are found in whatever order they come, also those that begin alike', async () => {
  const beginnings = ['00'.repeat(5), '7fffffffff', '8000000000', 'ffffffffff'];
  const ids = Array.from({ length: 400 }, (_, n) => {
    const rest = ((n * 2_654_435_761) % 2 ** 32).toString(16).padStart(14, '0');
    return new ObjectId(`${beginnings[n % 4]}${rest}`);
  });
  const documents = ids.map((_id, value) => ({ _id, value }));
  const { equal, asked } = targetWith(documents);
  expect(await equal.findOthers(batchOf(documents))).toEqual([]);
  const changed = documents.map((document) => (document.value === 123 ? { ...document, value: -1 } : document));
  expect(await equal.findOthers(batchOf(changed))).toEqual([123]);
  expect(asked).toHaveLength(2);
});

test('where most are not found so it is not tried again, nor where it cannot be', async () => {
  const { equal, asked } = targetWith(ten.slice(0, 4));
  expect(await equal.findOthers(batchOf(ten))).toEqual([4, 5, 6, 7, 8, 9]);
  expect(await equal.findOthers(batchOf(ten))).toHaveLength(10);
  expect(asked).toHaveLength(1);
  for (const more of [
    { shardKey: 'run' },
    { traits: { readsByRange: false } },
  ] as unknown as Partial<DocumentAccess>[]) {
    const { equal: without, asked: never } = targetWith(ten, more);
    expect(await without.findOthers(batchOf(ten))).toHaveLength(10);
    expect(never).toEqual([]);
  }
  const mixed = targetWith(ten);
  expect(await mixed.equal.findOthers(batchOf([{ _id: new ObjectId() }, ...ten]))).toHaveLength(11);
  expect(mixed.asked).toEqual([]);
  expect(await mixed.equal.findOthers(batchOf([]))).toEqual([]);
});
