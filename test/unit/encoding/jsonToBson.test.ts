import { BSON } from 'bson';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BsonWriter, fieldName } from '../../../src/encoding/bsonWriter.ts';
import { writeJson, writePythonJson } from '../../../src/encoding/jsonToBson.ts';

const FIELD = fieldName('v');

/** The document `{ v: … }` that the text becomes, or null where it must stay text. */
function encode(text: string): Buffer | null {
  const out = new BsonWriter(16);
  const start = out.begin();
  const before = out.position;
  if (!writeJson(out, FIELD, text)) {
    expect(out.position).toBe(before);
    return null;
  }
  out.end(start);
  return out.copyFrom(0);
}

const read = (bytes: Buffer | null): unknown =>
  bytes === null ? 'text' : BSON.deserialize(bytes, { promoteValues: false })['v'];

const plain = (text: string): unknown => {
  const bytes = encode(text);
  return bytes === null ? 'text' : BSON.deserialize(bytes, { useBigInt64: true })['v'];
};

test('any JSON that JavaScript can hold comes back the same, with its keys in their order', () => {
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())), (value) => {
      const text = JSON.stringify(value);
      // Negative zero is not written by JSON.stringify, and half surrogates must stay text.
      fc.pre(text.isWellFormed() && !/\\ud[89a-f]/i.test(text) && !/\\u0000[^"]*":/.test(text));
      const back = encode(text);
      fc.pre(back !== null);
      // Whole numbers beyond 2^53 become int64 and lose nothing: they are compared as numbers here.
      const decoded = BSON.deserialize(back as Buffer, { useBigInt64: true })['v'];
      const asNumber = (_key: string, part: unknown) => (typeof part === 'bigint' ? Number(part) : part);
      expect(JSON.stringify(decoded, asNumber)).toBe(JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 500 },
  );
});

test('what is kept as text is only what would not come back', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 })), (value) => {
      const text = JSON.stringify(value);
      if (encode(text) !== null) return;
      const isHalfSurrogate = /\\ud[89a-f]/i.test(text);
      const hasZeroKey = /\\u0000/.test(text);
      const hasHugeInteger = /[0-9]{19}/.test(text);
      expect(isHalfSurrogate || hasZeroKey || hasHugeInteger, text).toBe(true);
    }),
  );
});

test('white space between tokens changes nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const dense = encode(JSON.stringify([value]));
      const spaced = encode(` \t\r\n${JSON.stringify([value], null, ' \t')}\n `);
      expect(spaced).toEqual(dense);
    }),
  );
});

describe('texts that stay text', () => {
  test.each([
    ['nothing', ''],
    ['a scalar string', '"s"'],
    ['a scalar number', '7'],
    ['a scalar word', 'null'],
    ['a key that stands twice', '{"a":1,"a":2}'],
    ['a key that stands twice further down', '[{"b":{"a":1,"a":1}}]'],
    ['a key that stands twice by an escape', '{"a":1,"\\u0061":2}'],
    ['a key with a zero', '{"a\\u0000b":1}'],
    ['half a surrogate pair', '["\\ud800"]'],
    ['the other half', '["\\udc00x"]'],
    ['halves in the wrong order', '["\\udc00\\ud800"]'],
    ['half a pair as a key', '{"\\ud800":1}'],
    ['an integer over int64', '[9223372036854775808]'],
    ['an integer under int64', '[-9223372036854775809]'],
    ['a number over a double', '[1e400]'],
    ['a decimal with more digits than a double', '[0.12345678901234567890123]'],
    ['a number so small that it would be zero', '[1e-400]'],
    ['a leading zero', '[01]'],
    ['a plus', '[+1]'],
    ['a point without digits', '[1.]'],
    ['NaN', '[NaN]'],
    ['a trailing comma', '[1,]'],
    ['a comma too many in an object', '{"a":1,}'],
    ['something after the end', '{} {}'],
    ['an open bracket', '[1'],
    ['an open string', '["a'],
    ['a control character in a string', '["a\nb"]'],
    ['an unknown escape', '["\\x41"]'],
    ['a short escape', '["\\u12"]'],
    ['single quotes', "{'a':1}"],
    ['a byte order mark', '\ufeff[]'],
    ['a no-break space', '[\u00a01]'],
    ['nesting over what targets take', `${'['.repeat(120)}${']'.repeat(120)}`],
  ])('%s', (_what, text) => {
    expect(encode(text)).toBeNull();
  });
});

test.each([
  ['[2147483647,-2147483648]', ['Int32', 'Int32']],
  ['[2147483648,-2147483649,9223372036854775807,-9223372036854775808]', ['Long', 'Long', 'Long', 'Long']],
  ['[1.0,1e3,0.1,-0,-0.0,5e-324,1.7976931348623157e308,1E+2]', Array.from({ length: 8 }, () => 'Double')],
])('numbers of %s have the types %j', (text, types) => {
  const values = read(encode(text)) as { _bsontype: string }[];
  expect(values.map(({ _bsontype }) => _bsontype)).toEqual(types);
});

test('big integers keep every digit, negative zero its sign', () => {
  expect(plain('[9007199254740993, -9223372036854775808]')).toEqual([9007199254740993n, -9223372036854775808n]);
  expect(Object.is((plain('[-0]') as number[])[0], -0)).toBe(true);
});

test('keys that JavaScript would sort or swallow stay where they stand', () => {
  const text = '{"b":1,"10":2,"9":3,"__proto__":4,"constructor":5,"":6,"a.b":7,"$set":8,"_id":9}';
  const bytes = encode(text) as Buffer;
  const names = text.match(/"([^"]*)":/g)?.map((name) => name.slice(1, -2)) ?? [];
  let at = -1;
  for (const name of names) {
    // Each key follows as type byte, name and zero: int32 is 0x10.
    const next = bytes.indexOf(Buffer.concat([Buffer.from([0x10]), Buffer.from(`${name}\0`)]), at + 1);
    expect(next, name).toBeGreaterThan(at);
    at = next;
  }
});

test('nesting of 90 levels is held, and a very deep text neither held nor a stack overflow', () => {
  expect(encode(`${'['.repeat(90)}${']'.repeat(90)}`)).not.toBeNull();
  expect(encode('['.repeat(1_000_000))).toBeNull();
  expect(encode('{"a":'.repeat(200_000))).toBeNull();
});

test('a long string is read in linear time', () => {
  const text = JSON.stringify({ a: 'x"\\\n'.repeat(500_000) });
  const begun = performance.now();
  expect(encode(text)).not.toBeNull();
  // Half a second; quadratic, it would take an hour.
  expect(performance.now() - begun).toBeLessThan(60_000);
});

describe('JSON as Python reads it', () => {
  /** The value that stands, and what the writer says of it. */
  const python = (text: string, field: string | null = 'content') => {
    const out = new BsonWriter(16);
    const start = out.begin();
    const before = out.position;
    const refusal = writePythonJson(out, FIELD, text, field);
    if (refusal !== null) {
      expect(out.position).toBe(before);
      expect(out.losses).toEqual([]);
      return refusal;
    }
    out.end(start);
    const value = BSON.deserialize(out.copyFrom(0), { useBigInt64: true })['v'] as unknown;
    return { value, losses: out.losses.map(({ severity, field: at }) => `${severity} ${at}`) };
  };

  test.each<[string, unknown, string[]]>([
    [String.raw`{"a": [{"b": "x\ud83ey"}]}`, { a: [{ b: 'x\ufffdy' }] }, ['error content.a.0.b']],
    [String.raw`{"a": "\udc00", "b": "\ud83e\udd16"}`, { a: '\ufffd', b: '\u{1f916}' }, ['error content.a']],
    [String.raw`{"n": {"\ud83e": 1}}`, { n: { '\ufffd': 1 } }, ['error content.n']],
    ['{"a": 9223372036854775808}', { a: 2 ** 63 }, ['error content.a']],
    [`{"a": 1${'0'.repeat(400)}}`, { a: Number.POSITIVE_INFINITY }, ['error content.a']],
    ['{"a": 1, "b": 2, "a": 3}', { b: 2, a: 3 }, ['note content.a']],
    // Python reads these so too, or BSON has them.
    ['[NaN, 1e400, -0, 9223372036854775807, 0.1000000000000000055511151231257827, "\\u0000"]', expect.anything(), []],
  ])('%s is held with what it loses told', (text, value, losses) => {
    expect(python(text)).toEqual({ value, losses });
  });

  test('nothing is told of a copy whose original stands elsewhere', () => {
    expect(python(String.raw`"\ud83e"`, null)).toEqual({ value: '\ufffd', losses: [] });
  });

  test('an error is told also after more notes than are listed, and a field is named at a bounded length', () => {
    const twice = '"k": 1, '.repeat(100);
    expect(python(`{${twice}"${'x'.repeat(900)}": "\\ud83e"}`)).toMatchObject({
      losses: [...Array(10).fill('note content.k'), expect.stringMatching(/^error content\.x{190,192}$/)],
    });
  });

  test.each([
    ['nul', 'syntax'],
    [`${'['.repeat(95)}${']'.repeat(95)}`, 'too deep'],
    [String.raw`{"a\u0000": "\ud83e"}`, 'zero byte in a key'],
  ])('%s is refused as: %s', (text, refusal) => {
    expect(python(text)).toBe(refusal);
  });
});
