import { createHash } from 'node:crypto';
import { BSON, ObjectId } from 'bson';
import { expect, test } from 'vitest';
import type { DocumentBatch } from '../../../src/encoding/documentBatch.ts';
import { ChecksumMaker, ChecksumReader } from '../../../src/validation/checksumMaker.ts';

type Id = string | number | ObjectId;

const encode = (ids: readonly Id[]) => ids.map((_id) => Buffer.from(BSON.serialize({ _id, of: String(_id) })));

function batchOf(ids: readonly Id[], more: Partial<DocumentBatch> = {}): DocumentBatch {
  const documents = encode(ids);
  let end = 0;
  const ends = documents.map((document) => (end += document.length));
  return { bytes: Buffer.concat(documents), ends, childRows: [], ...more };
}

const reader = new ChecksumReader();
const isChecksumOf = reader.isOf.bind(reader);

function made(...batches: readonly DocumentBatch[]) {
  const maker = new ChecksumMaker('runs');
  for (const batch of batches) maker.add(batch);
  return maker.made();
}

test('a checksum is the SHA-256 of a batch in the order of _id, however its rows came', () => {
  const sha256 = createHash('sha256')
    .update(Buffer.concat(encode(['a', 'b', 'c'])))
    .digest('base64');
  for (const ids of [
    ['a', 'b', 'c'],
    ['c', 'a', 'b'],
  ]) {
    const batch = batchOf(ids);
    expect(made(batch)).toEqual({ batches: [['a', 'c', 3, batch.bytes.length, sha256]] });
  }
});

test('documents that are missing, more, changed or in another order have another one', () => {
  const [sum] = made(batchOf(['a', 'b', 'c']))?.batches ?? [];
  if (sum === undefined) throw new Error('There is no checksum');
  const [a, b, c] = encode(['a', 'b', 'c']) as [Buffer, Buffer, Buffer];
  const changed = Buffer.from(b);
  changed[b.length - 3] = 'x'.charCodeAt(0);
  expect(isChecksumOf(sum, [a, b, c])).toBe(true);
  for (const other of [[a, b], [a, c], [a, b, b], [a, b, c, c], [a, changed, c], [b, a, c], []])
    expect(isChecksumOf(sum, other)).toBe(false);
});

test('a batch that comes in another order than the first one has a checksum that no documents fit', () => {
  const [, sum] = made(batchOf(['a', 'b']), batchOf(['d', 'c']))?.batches ?? [];
  if (sum === undefined) throw new Error('There is no checksum');
  expect(isChecksumOf(sum, encode(['c', 'd']))).toBe(false);
});

const note = { severity: 'note', field: 'name', message: 'stands as an empty text' } as const;

test('what documents do not say as their rows do is told with the checksums, once of a kind', () => {
  const losses = [{ document: 0, losses: [note] }];
  const { batches, notes } = made(batchOf(['a', 'b'], { losses }), batchOf(['c'], { losses })) ?? {};
  expect(batches).toHaveLength(2);
  expect(notes).toMatchObject([{ severity: 'note', check: 'content', table: 'runs', key: 'a', field: 'name' }]);
});

test.each<[string, Partial<DocumentBatch>, readonly Id[]]>([
  ['a row without a document', { rejected: [{ key: 'b', reason: 'too deep', childRows: [] }] }, ['a']],
  ['a document that lost a value', { losses: [{ document: 0, losses: [{ ...note, severity: 'error' }] }] }, ['a']],
])('a range with %s has none', (_what, more, ids) => {
  const bad = batchOf(ids, more);
  expect(made(bad)).toBeNull();
  expect(made(batchOf(['a']), bad, batchOf(['z']))).toBeNull();
});

test('a range whose _ids have no order that is known here has none', () => {
  expect(made(batchOf([1, 2]))).toBeNull();
  expect(made(batchOf(['a', new ObjectId()]), batchOf(['b']))).toBeNull();
});

test('a range without rows has none to compare', () => {
  expect(made()).toEqual({ batches: [] });
});
