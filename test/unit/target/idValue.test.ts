import { Binary, BSON, Decimal128, Double, Int32, Long, ObjectId, Timestamp } from 'mongodb';
import { expect, test } from 'vitest';
import { idKey } from '../../../src/encoding/documentBatch.ts';
import { idValue } from '../../../src/target/idValue.ts';

const keyOf = (_id: unknown) => idKey(Buffer.from(BSON.serialize({ _id })));

test.each<[string, unknown]>([
  ['string', 'x'],
  ['string, empty', ''],
  ['ObjectId', new ObjectId()],
  ['int', new Int32(1)],
  ['double', new Double(1)],
  ['long', Long.fromNumber(1)],
  ['decimal', Decimal128.fromString('1')],
  ['bool', false],
  ['null', null],
  ['date', new Date(0)],
  ['binData', new Binary(Buffer.from([0, 1]))],
  ['timestamp', new Timestamp(1n)],
  ['object', { a: new Int32(1), b: ['x'] }],
])('an `_id` of type %s comes back from its key as it was', (_type, id) => {
  expect(keyOf(idValue(keyOf(id)))).toBe(keyOf(id));
});
