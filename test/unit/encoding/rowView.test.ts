import { expect, test } from 'vitest';
import { RowView } from '../../../src/encoding/rowView.ts';

function rowOf(text: string | null): RowView {
  // Something of another column stands before the text.
  const bytes = Buffer.from(`zz${text ?? ''}`);
  return new RowView(1, bytes, Int32Array.of(2, text === null ? -1 : bytes.length - 2));
}

test('texts are ordered by their bytes, as the collation "C" orders them, and NULL is last', () => {
  const texts = [
    '',
    'a',
    'ab',
    'abc',
    'b',
    'B',
    'Z',
    'é',
    'e\u0301',
    'ÿ',
    '\u{ffff}',
    '\u{10000}',
    '~',
    ' ',
    'a b',
    'a-b',
  ];
  const inOrder = texts
    .map((text) => Buffer.from(text))
    .sort(Buffer.compare)
    .map(String);
  for (const shuffled of [texts, texts.toReversed()]) {
    const rows = [null, ...shuffled].map(rowOf).sort((one, other) => one.compareText(0, other));
    expect(rows.map((row) => row.textOrNull(0))).toEqual([...inOrder, null]);
  }
  expect(rowOf('same').compareText(0, rowOf('same'))).toBe(0);
});
