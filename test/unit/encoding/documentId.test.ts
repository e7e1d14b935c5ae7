import { BSON } from 'bson';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BsonWriter } from '../../../src/encoding/bsonWriter.ts';
import type { ScalarKind } from '../../../src/encoding/columnKind.ts';
import { textId, writeDocumentId } from '../../../src/encoding/documentId.ts';
import { RowView } from '../../../src/encoding/rowView.ts';

type Part = readonly [kind: ScalarKind, value: string | bigint | number | boolean | Uint8Array];

/** Bytes of a value as COPY's binary form has them. */
function wire([kind, value]: Part): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0]);
  if (typeof value === 'object') return Buffer.from(value);
  const bytes = Buffer.alloc(kind === 'int32' || kind === 'float4' ? 4 : 8);
  if (typeof value === 'bigint') bytes.writeBigInt64BE(value);
  else if (kind === 'int32') bytes.writeInt32BE(value);
  else bytes.writeDoubleBE(value);
  return bytes;
}

function idOf(...parts: Part[]): string {
  const row = new RowView(parts.length);
  const values = parts.map(wire);
  // Something before the row, as in a reader's buffer.
  row.buffer = Buffer.concat([Buffer.from('before'), ...values]);
  let at = 6;
  values.forEach((value, index) => {
    row.fields[index * 2] = at;
    row.fields[index * 2 + 1] = value.length;
    at += value.length;
  });
  const out = new BsonWriter();
  const start = out.begin();
  writeDocumentId(
    out,
    row,
    parts.map(([kind], index) => ({ index, kind })),
  );
  out.end(start);
  return BSON.deserialize(out.copyFrom(0))['_id'] as string;
}

const bytes = (id: string): number => Buffer.byteLength(id);
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(':', '%', '#', '/', '\\', '3', 'a', '\t', 'é', '🧪'), maxLength: 6 }),
    fc.string({ minLength: 90, maxLength: 700 }),
  )
  .filter((value) => !value.includes('\0') && value.isWellFormed());
const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const tuple = fc.tuple(text, text, integer, fc.double({ noNaN: true }), fc.boolean());

describe('one text key', () => {
  test.each([
    ['as it is', 'a0b1', 'a0b1'],
    ['empty', '', ''],
    ['with a colon, a percent sign and a hash', 'a:b%3a#c', 'a:b%3a#c'],
    ['of 512 bytes', 'x'.repeat(512), 'x'.repeat(512)],
    ['of emoji', '🧪', '🧪'],
  ])('%s', (_what, key, id) => {
    expect(idOf(['text', key])).toBe(id);
    expect(textId(key)).toBe(id);
  });

  test.each([
    ['over 512 bytes', 'x'.repeat(513)],
    ['of 257 letters of two bytes', 'é'.repeat(257)],
    ['with a slash', 'a/b'],
    ['with a backslash', 'a\\b'],
  ])('%s is marked and at most 100 bytes', (_what, key) => {
    const id = idOf(['text', key]);
    expect(id).toMatch(/#[A-Za-z0-9_-]{22}$/);
    expect(bytes(id)).toBeLessThanOrEqual(100);
    expect(id).not.toMatch(/[/\\]/);
    expect(id.isWellFormed()).toBe(true);
    expect(id).not.toContain('\ufffd');
  });

  test('that looks like a marked one cannot meet it', () => {
    const long = idOf(['text', 'x'.repeat(600)]);
    expect(idOf(['text', long])).not.toBe(long);
    expect(idOf(['text', 'a/b'])).not.toBe(idOf(['text', idOf(['text', 'a/b'])]));
  });
});

test('different keys have different ids, and equal keys equal ones of at most 100 bytes', () => {
  const ids = new Map<string, string>();
  fc.assert(
    fc.property(tuple, ([run, key, step, value, flag]) => {
      const parts: Part[] = [
        ['text', run],
        ['text', key],
        ['int64', step],
        ['float8', value],
        ['bool', flag],
      ];
      const id = idOf(...parts);
      expect(idOf(...parts)).toBe(id);
      expect(bytes(id)).toBeLessThanOrEqual(100);
      expect(id.isWellFormed()).toBe(true);
      const key_ = JSON.stringify([run, key, String(step), Object.is(value, -0) ? '-0' : value, flag]);
      expect(ids.get(id) ?? key_).toBe(key_);
      ids.set(id, key_);
    }),
    { numRuns: 3_000 },
  );
});

test('parts cannot run into each other, wherever what joins or escapes them stands', () => {
  const part = fc.string({ unit: fc.constantFrom(':', '%', '3', 'a', '#'), maxLength: 5 });
  const joint = fc.constantFrom(':', '%3a', '%', '#', '/', '');
  fc.assert(
    fc.property(part, part, part, joint, (a, b, c, between) => {
      fc.pre(between !== '' || b !== '');
      expect(idOf(['text', `${a}${between}${b}`], ['text', c])).not.toBe(
        idOf(['text', a], ['text', `${b}${between}${c}`]),
      );
      expect(idOf(['text', `${a}:`], ['text', c])).not.toBe(idOf(['text', `${a}%3a`], ['text', c]));
    }),
    { numRuns: 2_000 },
  );
});

test('long keys that begin alike differ by their digest', () => {
  const long = 'k'.repeat(300);
  const ids = new Set(Array.from({ length: 500 }, (_, i) => idOf(['text', `${long}${i}`], ['int64', BigInt(i % 2)])));
  expect(ids.size).toBe(500);
});

test('doubles sort as their numbers do, all 64 bits of them told apart', () => {
  const values = [-Infinity, -1e308, -1, -5e-324, -0, 0, 5e-324, 0.1, 1, 1 + Number.EPSILON, 1e308, Infinity];
  const ids = values.map((value) => idOf(['text', 'r'], ['float8', value]));
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(values.length);
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
      fc.pre(a < b);
      expect(idOf(['text', 'r'], ['float8', a]) < idOf(['text', 'r'], ['float8', b])).toBe(true);
    }),
  );
});

test('a uuid is its text, numbers their digits, bytes and times hex', () => {
  const uuid = Uint8Array.from([
    0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8, 0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11,
  ]);
  expect(idOf(['uuid', uuid])).toBe('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');
  expect(idOf(['int32', -7])).toBe('-7');
  expect(idOf(['int64', 9007199254740993n])).toBe('9007199254740993');
  expect(idOf(['int64', -(2n ** 63n)], ['bool', true])).toBe('-9223372036854775808:t');
  expect(idOf(['bytea', Uint8Array.from([0, 255])])).toBe('00ff');
});
