import { BSON, Long } from 'bson';
import { expect, test } from 'vitest';
import { fitDocument } from '../../../src/encoding/fitDocument.ts';

const PATHS = ['inputs.#.set.profile', 'inputs.#.set.schema'];
const input = (name: string, profile: string | null, schema: string | null = null) => ({
  set: { name, schema, profile },
  tags: [{ k: 'profile', v: 'kept' }],
});
const RUN = {
  _id: 'r',
  step: Long.fromString('9007199254740993'),
  inputs: [input('a', 'x'.repeat(300)), input('b', 'y'.repeat(500), 'é'.repeat(100)), input('c', null), input('d', '')],
  profile: 'z'.repeat(900),
  last: true,
};
const DOCUMENT = Buffer.from(BSON.serialize(RUN));
const fitted = (maxBytes: number, paths = PATHS) => {
  const fitting = fitDocument(DOCUMENT, paths, maxBytes);
  return fitting && { left: fitting.left, value: BSON.deserialize(fitting.document, { promoteLongs: false }) };
};

test('a document that fits stays as it is', () => {
  expect(fitDocument(DOCUMENT, PATHS, DOCUMENT.length)).toEqual({ document: DOCUMENT, left: [] });
});

test('the largest text goes first, and no more than must', () => {
  const inputs = [RUN.inputs[0], input('b', null, 'é'.repeat(100)), ...RUN.inputs.slice(2)];
  const expected = { value: { ...RUN, inputs }, left: [{ field: 'inputs.1.set.profile', bytes: 500 }] };
  expect(fitted(DOCUMENT.length - 1)).toEqual(expected);
  expect(fitted(DOCUMENT.length - 505)).toEqual(expected);
});

test('texts of several elements and fields go, named in their order', () => {
  const inputs = [input('a', null), input('b', null, null), ...RUN.inputs.slice(2)];
  const left = [
    { field: 'inputs.0.set.profile', bytes: 300 },
    { field: 'inputs.1.set.schema', bytes: 200 },
    { field: 'inputs.1.set.profile', bytes: 500 },
  ];
  expect(fitted(DOCUMENT.length - 505 - 305 - 1)).toEqual({ value: { ...RUN, inputs }, left });
});

test('a document that is too large without all of them has no form that fits', () => {
  expect(fitted(1_000)).toBeNull();
  expect(fitted(DOCUMENT.length - 1, ['inputs.#.set', 'step', 'nowhere.#', 'last.#'])).toBeNull();
});
