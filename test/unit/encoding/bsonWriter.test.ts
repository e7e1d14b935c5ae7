import { Binary, BSON, Double, Int32, Long, ObjectId } from 'bson';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BSON_TYPE, BsonWriter, fieldName, indexName } from '../../../src/encoding/bsonWriter.ts';

const name = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0') && text.isWellFormed());
const value = fc.oneof(
  fc.record({ kind: fc.constant('null' as const) }),
  fc.record({ kind: fc.constant('bool' as const), value: fc.boolean() }),
  fc.record({ kind: fc.constant('int32' as const), value: fc.integer() }),
  fc.record({ kind: fc.constant('int64' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  fc.record({ kind: fc.constant('double' as const), value: fc.double() }),
  fc.record({ kind: fc.constant('date' as const), value: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }) }),
  fc.record({ kind: fc.constant('string' as const), value: fc.string({ unit: 'grapheme', maxLength: 200 }) }),
  fc.record({ kind: fc.constant('utf8' as const), value: fc.string({ unit: 'grapheme', maxLength: 200 }) }),
  fc.record({ kind: fc.constant('binary' as const), value: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ kind: fc.constant('objectId' as const), value: fc.uint8Array({ minLength: 12, maxLength: 12 }) }),
);

test('documents of every type are byte for byte what the bson package writes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 30 }), (fields) => {
      const out = new BsonWriter(8);
      const start = out.begin();
      const inner = out.beginField(BSON_TYPE.document, fieldName('inner'));
      const expected = new Map<string, unknown>();
      for (const [key, item] of new Map(fields)) {
        const field = fieldName(key);
        switch (item.kind) {
          case 'null':
            out.null(field);
            expected.set(key, null);
            break;
          case 'bool':
            out.bool(field, item.value);
            expected.set(key, item.value);
            break;
          case 'int32':
            out.int32(field, item.value);
            expected.set(key, new Int32(item.value));
            break;
          case 'int64': {
            out.int64(field, item.value);
            expected.set(key, Long.fromBigInt(item.value));
            break;
          }
          case 'double':
            out.double(field, item.value);
            expected.set(key, new Double(item.value));
            break;
          case 'date':
            out.date(field, item.value);
            expected.set(key, new Date(Number(item.value)));
            break;
          case 'string':
            out.string(field, item.value);
            expected.set(key, item.value);
            break;
          case 'utf8': {
            const bytes = Buffer.from(`x${item.value}y`);
            out.utf8(field, bytes, 1, bytes.length - 2);
            expected.set(key, item.value);
            break;
          }
          case 'binary': {
            out.binary(field, Buffer.from([7, ...item.value]), 1, item.value.length);
            expected.set(key, new Binary(item.value));
            break;
          }
          case 'objectId':
            out.raw(BSON_TYPE.objectId, field, item.value);
            expected.set(key, new ObjectId(item.value));
            break;
        }
      }
      out.end(inner);
      out.end(start);
      expect(out.copyFrom(0)).toEqual(Buffer.from(BSON.serialize({ inner: expected })));
    }),
    { numRuns: 300 },
  );
});

test('big-endian bytes of the wire become little-endian ones', () => {
  fc.assert(
    fc.property(fc.double(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (double, integer) => {
      const wire = Buffer.alloc(17);
      wire.writeDoubleBE(double, 1);
      wire.writeBigInt64BE(integer, 9);
      const out = new BsonWriter(8);
      const start = out.begin();
      out.reversed8(BSON_TYPE.double, fieldName('d'), wire, 1);
      out.reversed8(BSON_TYPE.int64, fieldName('i'), wire, 9);
      out.end(start);
      const back = BSON.deserialize(out.copyFrom(0), { promoteValues: false });
      expect(Object.is((back['d'] as Double).value, double)).toBe(true);
      expect((back['i'] as Long).toBigInt()).toBe(integer);
    }),
  );
});

test('many documents stand one after the other, and a copy outlives the growing buffer', () => {
  const out = new BsonWriter(8);
  const ends: number[] = [];
  for (let i = 0; i < 1000; i++) {
    const start = out.begin();
    out.string(fieldName('k'), 'x'.repeat(i));
    out.end(start);
    ends.push(out.position);
  }
  const first = out.copyFrom(0).subarray(0, ends[0]);
  expect(BSON.deserialize(first)).toEqual({ k: '' });
  expect(BSON.deserialize(out.copyFrom(ends[998] as number))).toEqual({ k: 'x'.repeat(999) });
});

test('a name with a zero byte is refused, and array names are their numbers', () => {
  expect(() => fieldName('a\0b')).toThrow(RangeError);
  for (const index of [0, 9, 10, 9_999, 10_000, 123_456]) expect(indexName(index).toString()).toBe(`${index}\0`);
});
