import { deserialize } from 'bson';
import { expect, test } from 'vitest';
import { fieldName } from '../../../src/encoding/bsonWriter.ts';
import { type DocumentBatch, documentAt, idKey } from '../../../src/encoding/documentBatch.ts';
import { RowView } from '../../../src/encoding/rowView.ts';
import type { CollectionDefinition } from '../../../src/mlflow/layouts/layout.ts';
import { Batcher, type BatchLimits } from '../../../src/source/batcher.ts';

const ID = fieldName('_id');

/** Documents that are their key alone; a row of `bad…` fails after its key was written, one of `worse` before. */
const definition = {
  children: [],
  encode: (out, row) => {
    const key = row.text(0);
    if (key === 'worse') throw new RangeError('no key');
    const start = out.begin();
    out.string(ID, key);
    if (key.startsWith('bad')) throw new RangeError('too large');
    out.end(start);
  },
} as Pick<CollectionDefinition, 'children' | 'encode'> as CollectionDefinition;

function rowOf(key: string): RowView {
  const row = new RowView(1, Buffer.from(key));
  row.fields[1] = row.buffer.length;
  return row;
}

/** The batches that rows are cut into: the keys of the documents and of the rejected rows. */
function batchesOf(keys: readonly string[], limits: Partial<BatchLimits> = {}) {
  const batcher = new Batcher(definition, {
    maxRows: 1_000,
    maxBytes: 1_000_000,
    maxDocumentBytes: 1_000_000,
    ...limits,
  });
  const full = keys.map((key) => batcher.add(rowOf(key), []));
  return [...full, batcher.rest()].flatMap((batch) => (batch === null ? [] : [show(batch)]));
}

function show(batch: DocumentBatch) {
  const keys = batch.ends.map((_end, index) => idKey(documentAt(batch, index)));
  return { keys, rejected: batch.rejected?.map(({ key }) => key) ?? [] };
}

test('a batch ends with its most rows or most bytes, and the last one with what is left', () => {
  const keys = ['a', 'b', 'c', 'd', 'e'];
  const plain = (...cut: string[][]) => cut.map((part) => ({ keys: part, rejected: [] }));
  expect(batchesOf(keys, { maxRows: 2 })).toEqual(plain(['a', 'b'], ['c', 'd'], ['e']));
  expect(batchesOf(keys, { maxBytes: 1 })).toEqual(plain(['a'], ['b'], ['c'], ['d'], ['e']));
  expect(batchesOf(keys.slice(0, 4), { maxRows: 2 })).toEqual(plain(['a', 'b'], ['c', 'd']));
  expect(batchesOf([])).toEqual([]);
});

test('rejected rows come with the batch that they stood among, and leave nothing in it', () => {
  expect(batchesOf(['a', 'bad', 'b', 'worse', 'c'], { maxRows: 2 })).toEqual([
    { keys: ['a', 'b'], rejected: ['bad'] },
    { keys: ['c'], rejected: [null] },
  ]);
});

test('rows that are all rejected make a batch without documents', () => {
  expect(batchesOf(['bad', 'worse', 'bad too'])).toEqual([{ keys: [], rejected: ['bad', null, 'bad too'] }]);
});

test('a fault of the program is not taken for a row that cannot be written', () => {
  const failing = { ...definition, encode: () => Buffer.from(undefined as unknown as string) } as never;
  const batcher = new Batcher(failing, { maxRows: 1, maxBytes: 1, maxDocumentBytes: 1 });
  expect(() => batcher.add(rowOf('a'), [])).toThrow(TypeError);
});

test('a document over the limit goes without what may be left out, and says so; the others of its batch stay', () => {
  const encode: CollectionDefinition['encode'] = (out, row) => {
    const start = out.begin();
    out.string(ID, row.text(0));
    out.string(fieldName('more'), 'x'.repeat(row.text(0) === 'large' ? 5_000 : 10));
    out.end(start);
  };
  const limits = { maxRows: 3, maxBytes: 1_000_000, maxDocumentBytes: 1_000 };
  const batchOf = (expendable: readonly string[]) => {
    const batcher = new Batcher({ ...definition, encode, expendable }, limits);
    return ['a', 'large', 'b'].map((key) => batcher.add(rowOf(key), [])).at(-1) as DocumentBatch;
  };
  const batch = batchOf(['more']);
  expect(batch.ends.map((_end, index) => deserialize(documentAt(batch, index)))).toEqual([
    { _id: 'a', more: 'x'.repeat(10) },
    { _id: 'large', more: null },
    { _id: 'b', more: 'x'.repeat(10) },
  ]);
  expect(batch.losses).toEqual([
    { document: 1, losses: [{ severity: 'error', field: 'more', message: expect.stringContaining('5,000 bytes') }] },
  ]);
  const whole = batchOf(['elsewhere']);
  expect(documentAt(whole, 1).length).toBeGreaterThan(5_000);
  expect(whole.losses).toBeUndefined();
});
