import { BSON, Decimal128, Double, Int32, Long } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { expectedOf, matches } from './expected.ts';
import { verdict } from './losslessJson.ts';
import { readPgArray } from './pgArray.ts';

describe('what a JSON text must become', () => {
  test.each([
    ['{"a": [1, 0.1, -2e3, true, null, "é"]}', 'document'],
    ['[]', 'document'],
    ['{"a": 9223372036854775807}', 'document'],
    ['{"a": 9223372036854775808}', 'either'],
    ['{"a": 12345678901234567891}', 'string'],
    ['{"a": 1e400}', 'string'],
    ['{"a": 1e-400}', 'string'],
    ['{"a": 0.10000000000000000555}', 'either'],
    ['{"a": 1, "a": 2}', 'string'],
    ['{"a": {"b": 1, "b": 2}}', 'string'],
    ['{"a": "\\ud800"}', 'string'],
    ['{"a\\u0000": 1}', 'string'],
    ['{"$set": {"a.b": 1}}', 'either'],
    ['3', 'string'],
    ['"text"', 'string'],
    ['null', 'string'],
    ['{"a": 1', 'string'],
    ['{"a": 01}', 'string'],
    ['{"a": NaN}', 'string'],
    ['{"a": "\n"}', 'string'],
  ] as const)('%s: %s', (text, wanted) => {
    expect(verdict(text)).toBe(wanted);
  });

  test.each([
    ['{"a": 1.5}', { a: new Double(1.5) }, true],
    ['{"a": 1.0}', { a: new Int32(1) }, true],
    ['{"a": 9007199254740993}', { a: Long.fromString('9007199254740993') }, true],
    ['{"a": 9007199254740993}', { a: new Double(9_007_199_254_740_992) }, false],
    ['{"a": 1}', { a: '1' }, false],
    ['{"a": -0.0}', { a: new Double(-0) }, true],
    ['{"a": -0.0}', { a: new Int32(0) }, false],
    ['{"b": 1, "a": 2}', { a: new Int32(2), b: new Int32(1) }, true],
    ['{"a": 1}', { a: new Int32(1), b: null }, false],
    ['{"a": 1}', '{"a": 1}', false],
    ['[1, [2]]', [new Int32(1), [new Int32(2)]], true],
  ])('%s kept as %j: %s', (text, value, wanted) => {
    expect(matches(expectedOf(text, { name: 'jsonb' }), value)).toBe(wanted);
  });

  test('a document that went through BSON still matches', () => {
    const text = '{"__proto__": 1, "2": "two", "1": {"nested": [true, -2147483649]}}';
    const written = BSON.serialize(JSON.parse(text) as BSON.Document);
    expect(matches(expectedOf(text, { name: 'json' }), BSON.deserialize(written, { promoteValues: false }))).toBe(true);
  });
});

describe('what a column must become', () => {
  test.each([
    ['9007199254740993', 'int8', Long.fromString('9007199254740993'), true],
    ['5', 'int8', new Int32(5), false],
    ['5', 'int4', new Int32(5), true],
    ['5', 'float8', new Double(5), true],
    ['5', 'float8', new Int32(5), false],
    ['5e-324', 'float8', new Double(5e-324), true],
    ['NaN', 'float8', new Double(Number.NaN), true],
    ['2024-01-01 00:00:00.9999+00', 'timestamptz', new Date('2024-01-01T00:00:00.999Z'), true],
    ['2024-01-01 00:00:00.9999+00', 'timestamptz', new Date('2024-01-01T00:00:01Z'), false],
    ['1969-12-31 23:59:59.0005', 'timestamp', new Date(-1_000), true],
    ['0044-03-15 BC', 'date', new Date('-000043-03-15T00:00:00Z'), true],
    ['infinity', 'timestamp', 'infinity', true],
    ['12345678901234567890.5', 'numeric', Decimal128.fromString('12345678901234567890.50'), true],
    ['1e2', 'numeric', Decimal128.fromString('100'), true],
    ['1234567890123456789012345678901234567.8', 'numeric', '1234567890123456789012345678901234567.8', true],
    ['01:02:03', 'interval', '01:02:03', true],
    ['t', 'bool', true, true],
    ['(1,2)', 'point', '(1,2)', true],
  ])('%s of type %s as %s: %s', (text, name, value, wanted) => {
    expect(matches(expectedOf(text, { name }), value)).toBe(wanted);
  });

  test('arrays are read with quotes, NULLs, bounds and dimensions', () => {
    expect(readPgArray('{1,NULL,"NULL","a\\"b\\\\,{}"}')).toEqual(['1', null, 'NULL', 'a"b\\,{}']);
    expect(readPgArray('[0:1]={{1,2},{3,4}}')).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(readPgArray('{}')).toEqual([]);
    expect(() => readPgArray('{1,2')).toThrow('cut short');
  });
});
