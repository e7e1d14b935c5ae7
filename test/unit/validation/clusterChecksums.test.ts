import { BSON, ObjectId } from 'bson';
import { expect, test } from 'vitest';
import type { BatchChecksum } from '../../../src/contract/storedChecksums.ts';
import { idKey } from '../../../src/encoding/documentBatch.ts';
import { ChecksumMaker, ChecksumReader } from '../../../src/validation/checksumMaker.ts';

/** A document by its `_id`: the four hex digits by which it follows its row, and what orders it within its cluster. */
const encode = (id: string) => Buffer.from(BSON.serialize({ _id: new ObjectId(id.replace('.', '').padEnd(24, '0')) }));

function sums(...batches: readonly (readonly string[])[]): readonly BatchChecksum[] | null {
  const maker = new ChecksumMaker('metrics');
  for (const ids of batches) {
    const documents = ids.map(encode);
    let end = 0;
    const ends = documents.map((document) => (end += document.length));
    maker.add({ bytes: Buffer.concat(documents), ends, childRows: [] });
  }
  return maker.made()?.batches ?? null;
}

/** What each checksum stands for: documents that are named, or all from the first to the last. */
function spans(made: readonly BatchChecksum[] | null): readonly string[] | undefined {
  const show = (key: string) => `${key.slice(1, 5)}.${key.slice(5, 6)}`;
  return made?.map(([low, high, documents, , , ids]) =>
    ids === undefined ? `${show(low)} to ${show(high)}: ${documents}` : ids.map(show).join(' '),
  );
}

test('a batch ends where its last cluster begins, which the next one goes on with', () => {
  const made = sums(
    ['0001.2', '0001.1', '0002.3', '0003.2'],
    ['0003.1', '0003.3', '0004.1', '0005.4'],
    ['0005.1', '0006.2', '0006.1'],
  );
  expect(spans(made)).toEqual([
    '0001.1 0001.2',
    '0002.3 to 0002.3: 1',
    '0003.1 to 0004.1: 4',
    '0005.1 to 0005.4: 2',
    '0006.1 0006.2',
  ]);
});

test('each checksum is that of its documents in the order of _id', () => {
  const made = sums(['0001.2', '0001.1', '0002.3', '0003.2'], ['0003.1', '0004.1']) ?? [];
  const reader = new ChecksumReader();
  const groups = [['0001.1', '0001.2'], ['0002.3'], ['0003.1', '0003.2'], ['0004.1']];
  expect(made.map(([, , documents]) => documents)).toEqual(groups.map(({ length }) => length));
  for (const [position, ids] of groups.entries()) {
    const checksum = made[position] as BatchChecksum;
    expect(reader.isOf(checksum, ids.map(encode))).toBe(true);
    expect(reader.isOf(checksum, ids.toReversed().map(encode))).toBe(ids.length === 1);
    expect(reader.isOf(checksum, ['0002.4'].map(encode))).toBe(false);
  }
  expect(made[0]?.[5]).toEqual(['0001.1', '0001.2'].map((id) => idKey(encode(id))));
});

test.each<[string, readonly (readonly string[])[], readonly string[]]>([
  ['within one batch', [['0001.2', '0001.1']], ['0001.1 0001.2']],
  ['over several batches', [['0001.2', '0001.1'], ['0001.4'], ['0001.3']], ['0001.1 0001.2 0001.3 0001.4']],
  [
    'and another one',
    [
      ['0001.2', '0001.1'],
      ['0001.3', '0002.1'],
    ],
    ['0001.1 0001.2 0001.3', '0002.1'],
  ],
  [
    'that end with a batch',
    [['0001.2', '0001.1'], ['0002.2', '0002.1'], ['0003.1']],
    ['0001.1 0001.2', '0002.1 to 0002.2: 2', '0003.1'],
  ],
])('a range of one cluster %s', (_what, batches, expected) => {
  expect(spans(sums(...batches))).toEqual(expected);
});

test('a range has no checksums where a batch goes back before a cluster that was whole', () => {
  expect(sums(['0001.2', '0001.1', '0003.1'], ['0002.1'])).toBeNull();
});

test('a range has no checksums where a cluster is larger than what is held', () => {
  const batch = (first: number) =>
    Array.from({ length: 2_500 }, (_one, index) => `0001.${(10_000 - first - index).toString(16).padStart(4, '0')}`);
  expect(spans(sums(batch(0), batch(2_500)))).toHaveLength(1);
  expect(sums(batch(0), batch(2_500), ['0001.0001'])).toBeNull();
});

test('what came in order in the first batch is taken to do so, and is hashed as it came', () => {
  expect(spans(sums(['0001.1', '0001.2'], ['0001.3', '0002.1']))).toEqual([
    '0001.1 to 0001.2: 2',
    '0001.3 to 0002.1: 2',
  ]);
});
