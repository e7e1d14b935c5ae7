import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { SourceColumn } from '../../../src/contract/sourceSchema.ts';
import { type BsonElement, bsonElements } from '../../../src/encoding/bsonElements.ts';
import { BSON_TYPE, BsonWriter, fieldName } from '../../../src/encoding/bsonWriter.ts';
import { columnKind, selectExpression } from '../../../src/encoding/columnKind.ts';
import { jsonText, readColumnValue } from '../../../src/encoding/readValue.ts';
import { ValueFault } from '../../../src/encoding/valueFault.ts';
import { writeColumn, writeJsonOrText } from '../../../src/encoding/writeColumn.ts';
import { eachRow } from '../../../src/source/copyRows.ts';

// PostgreSQL is the oracle: what it sends for a value must be what it sends for the value that came back from BSON.
let client: pg.Client;
const SEED = Date.now() & 0x7fffffff;
console.info(`readValue.test.ts: seed ${SEED}`);

beforeAll(async () => {
  client = new pg.Client({ connectionString: inject('postgresUri') });
  await client.connect();
  await client.query(
    "set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set extra_float_digits = 3",
  );
});
afterAll(async () => {
  await client.end();
});

const V = fieldName('v');
const PYTHON = { isSorted: false, isAscii: true };

function columnOf(type: string, elementType: string | null = null, typeClass = 'b'): SourceColumn {
  return { name: 'v', type, typeClass, elementType, elementClass: elementType === null ? null : 'b', notNull: false };
}

/** Each value's bytes as COPY sends them, and what BSON makes of them. */
async function send(sqlType: string, column: SourceColumn, literals: readonly (string | null)[]) {
  const list = literals.map((literal) => (literal === null ? 'null' : pg.escapeLiteral(literal)));
  const rows = `(select v::${sqlType} as v, i from unnest(array[${list.join(', ')}]::text[]) with ordinality u(v, i)) t`;
  const sent: { bytes: string | null; element: BsonElement }[] = [];
  await eachRow(client, `select ${selectExpression(column, 't.v')} from ${rows} order by i`, 1, (row) => {
    const out = new BsonWriter(16);
    const start = out.begin();
    writeColumn(out, V, columnKind(column), row, 0);
    out.end(start);
    const [element] = bsonElements(out.copyFrom(0));
    const bytes = row.isNull(0) ? null : row.buffer.toString('hex', row.start(0), row.start(0) + row.length(0));
    sent.push({ bytes, element: element as BsonElement });
  });
  return sent;
}

async function expectSameBytes(sqlType: string, column: SourceColumn, literals: readonly (string | null)[]) {
  const kind = columnKind(column);
  const there = await send(sqlType, column, literals);
  const back = there.map(({ element }) => readColumnValue(element, { kind, type: column.elementType ?? column.type }));
  const again = await send(sqlType, column, back);
  expect(again.map(({ bytes }) => bytes)).toEqual(there.map(({ bytes }) => bytes));
  expect(there.length).toBe(literals.length);
}

const texts = (arbitrary: fc.Arbitrary<unknown>, numRuns = 300): string[] =>
  fc.sample(arbitrary.map(String), { numRuns, seed: SEED });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const double = fc.double().map((n) => (Object.is(n, -0) ? '-0' : String(n)));
const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0') && text.isWellFormed());
/** Moments over all that a timestamp can say, as PostgreSQL itself writes them. */
async function moments(numRuns: number): Promise<string[]> {
  const milliseconds = fc.bigInt({ min: -210_866_803_200_000n, max: 9_224_318_015_999_999n });
  const { rows } = await client.query<{ at: string }>(
    `select (timestamp 'epoch' + (v::int8 / 86400000) * interval '1 day' + (v::int8 % 86400000) * interval '1 millisecond')::text as at
       from unnest($1::text[]) v`,
    [texts(milliseconds, numRuns)],
  );
  return rows.map(({ at }) => at);
}

test.each([
  ['int2', columnOf('int2'), texts(fc.integer({ min: -32768, max: 32767 }))],
  ['int4', columnOf('int4'), texts(fc.integer())],
  ['int8', columnOf('int8'), [...texts(int64), '9007199254740993', '-9223372036854775808']],
  ['oid', columnOf('oid'), texts(fc.integer({ min: 0, max: 4294967295 }))],
  ['float8', columnOf('float8'), ['NaN', 'Infinity', '-Infinity', '-0', '0', '1e21', '5e-324', ...texts(double)]],
  ['float4', columnOf('float4'), ['NaN', 'Infinity', '-0', '1e-45', '3.4028235e38', '0.1', '16777217']],
  ['bool', columnOf('bool'), ['t', 'f', null]],
  ['text', columnOf('text'), ['', 'null', 'NULL', '{"a":1}', null, ...texts(word)]],
  ['varchar(300)', columnOf('varchar'), texts(fc.string({ maxLength: 300 }).filter((text) => !text.includes('\0')))],
  ['bpchar(5)', columnOf('bpchar'), ['ab', '', 'abcde']],
  ['uuid', columnOf('uuid'), texts(fc.uuid())],
  ['bytea', columnOf('bytea'), ['\\x', '\\x00ff', '\\xdeadbeef', null]],
  [
    'numeric',
    columnOf('numeric'),
    ['0', '0.00', '1.500', '-1e-20', '12345678901234567890.123', 'NaN', `${'9'.repeat(60)}.1`],
  ],
  [
    'timestamp',
    columnOf('timestamp'),
    ['infinity', '-infinity', '1999-12-31 23:59:59.999', '0044-03-15 BC', '4713-01-01 BC', null],
  ],
  ['timestamptz', columnOf('timestamptz'), ['infinity', '2024-02-29 12:00:00.001+05', '294276-12-31 23:59:59.999']],
  ['date', columnOf('date'), ['infinity', '-infinity', '4713-01-01 BC', '0001-01-01', '1582-10-15', '5874897-12-31']],
  ['time', columnOf('time'), ['00:00', '23:59:59.123456']],
  ['interval', columnOf('interval'), ['1 year 2 mons -3 days 04:05:06.7']],
  ['inet', columnOf('inet'), ['10.0.0.1', '10.0.0.0/8', '::1']],
  [
    'json',
    columnOf('json'),
    ['5', '"x"', '{"a": 1, "a": 2}', '{"a": 1e400}', '{"a": [1, 2.5, null, true, "\\u00e9"]}', '{}', '[]'],
  ],
  ['jsonb', columnOf('jsonb'), ['5', '{"b": [], "aa": {"x": -0.5}}', '[9007199254740993, 1e300]', null]],
  ['int8[]', columnOf('_int8', 'int8'), ['{}', '{1,NULL,3}', '{{1,2},{3,4}}', null]],
  ['text[]', columnOf('_text', 'text'), ['{}', '{"",NULL,"NULL","a,b","\\"q\\\\"}', '{{a},{b}}']],
  ['float8[]', columnOf('_float8', 'float8'), ['{NaN,-0,Infinity}']],
  ['bytea[]', columnOf('_bytea', 'bytea'), ['{"\\\\x00","\\\\xff"}']],
  ['timestamp[]', columnOf('_timestamp', 'timestamp'), ['{"2024-01-01 00:00:00.5",infinity}']],
] as const)('%s comes back with the same bytes', async (sqlType, column, literals) => {
  await expectSameBytes(sqlType, column, literals);
});

test('timestamps come back at any distance, and dates with them', async () => {
  const at = await moments(400);
  await expectSameBytes('timestamp', columnOf('timestamp'), at);
  await expectSameBytes(
    'date',
    columnOf('date'),
    at.map((text) => text.replace(/ \d\d:[\d:.]+/, '')),
  );
});

test('JSON is the same value again, whatever it holds', () => {
  fc.assert(
    fc.property(fc.oneof(fc.object({ withNullPrototype: false }), fc.array(fc.jsonValue())), (value) => {
      const written = writtenJson(JSON.stringify(value));
      expect(writtenJson(jsonText(written.type, written.value, PYTHON))).toEqual(written);
    }),
    { seed: SEED },
  );
});

test('JSON that Python wrote is the same text again', () => {
  for (const text of [
    '{"a": 1, "b": [1.0, 1e-07, 1e+16, -0.0, "\\u00e9\\n\\ud83d\\ude00"]}',
    '[]',
    '{"k": null, "t": true}',
    '[9007199254740993]',
  ]) {
    const { type, value } = writtenJson(text);
    expect(jsonText(type, value, PYTHON)).toBe(text);
  }
});

function writtenJson(text: string): BsonElement {
  const out = new BsonWriter(16);
  const start = out.begin();
  const bytes = Buffer.from(text);
  writeJsonOrText(out, V, bytes, 0, bytes.length);
  out.end(start);
  const [element] = bsonElements(out.copyFrom(start));
  return element as BsonElement;
}

/** An element as an application may have written it. */
function written(write: (out: BsonWriter) => void): BsonElement {
  const out = new BsonWriter(16);
  const start = out.begin();
  write(out);
  out.end(start);
  const [element] = bsonElements(out.copyFrom(start));
  return element as BsonElement;
}
const read = (type: string, element: BsonElement) =>
  readColumnValue(element, { kind: columnKind(columnOf(type)), type });

test('other types are taken where nothing is lost', () => {
  expect(
    read(
      'int8',
      written((out) => out.int32(V, 5)),
    ),
  ).toBe('5');
  expect(
    read(
      'int8',
      written((out) => out.double(V, 5)),
    ),
  ).toBe('5');
  expect(
    read(
      'int4',
      written((out) => out.string(V, '17')),
    ),
  ).toBe('17');
  expect(
    read(
      'float8',
      written((out) => out.int64(V, 3n)),
    ),
  ).toBe('3');
});

test.each([
  ['int8', (out: BsonWriter) => out.double(V, 2 ** 53)],
  ['int8', (out: BsonWriter) => out.double(V, 0.5)],
  ['int8', (out: BsonWriter) => out.double(V, -0)],
  ['int8', (out: BsonWriter) => out.string(V, '007')],
  ['int4', (out: BsonWriter) => out.int64(V, 2n ** 31n)],
  ['int2', (out: BsonWriter) => out.int32(V, 40_000)],
  ['float8', (out: BsonWriter) => out.int64(V, 2n ** 53n + 1n)],
  ['float4', (out: BsonWriter) => out.double(V, 0.1)],
  ['text', (out: BsonWriter) => out.int32(V, 1)],
  ['text', (out: BsonWriter) => out.string(V, 'a\0b')],
  ['bool', (out: BsonWriter) => out.int32(V, 1)],
  ['date', (out: BsonWriter) => out.date(V, 1n)],
  ['timestamp', (out: BsonWriter) => out.string(V, 'yesterday')],
  ['json', (out: BsonWriter) => out.raw(BSON_TYPE.objectId, V, Buffer.alloc(12))],
] as const)('%s refuses what it could not hold', (type, write) => {
  expect(() => read(type, written(write))).toThrow(ValueFault);
});
