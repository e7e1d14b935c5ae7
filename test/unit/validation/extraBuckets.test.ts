import { expect, test } from 'vitest';
import { ExtraBuckets } from '../../../src/validation/extraBuckets.ts';

const ids = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}`);
const bucketsIn = (groups: readonly ReadonlySet<number>[]) => new Set(groups.flatMap((group) => [...group]));

test('the buckets of documents without a row are found, also after half of the way was stored', () => {
  const half = new ExtraBuckets(1_000);
  for (const id of [...ids('row', 500), ...ids('gone', 20)]) half.addDocument(id);
  const { documents, rows, mixes } = half.toStored();
  const buckets = new ExtraBuckets(1_000, JSON.parse(JSON.stringify({ documents, rows, mixes })));
  for (const id of ids('row', 500)) buckets.addRow(id);
  const groups = buckets.groups(7);
  expect(bucketsIn(groups)).toEqual(new Set(ids('gone', 20).map((id) => buckets.bucketOf(id))));
  expect(groups.length).toBeGreaterThan(1);
  expect(buckets.groups(1_000)).toHaveLength(1);
});

test('a document too many and a row too many in one bucket do not hide each other', () => {
  const buckets = new ExtraBuckets(1_000);
  const [first = '', ...others] = ids('id', 200_000);
  const other = others.find((id) => buckets.bucketOf(id) === buckets.bucketOf(first)) ?? '';
  buckets.addDocument(first);
  buckets.addRow(other);
  expect(bucketsIn(buckets.groups(10))).toEqual(new Set([buckets.bucketOf(first)]));
});
