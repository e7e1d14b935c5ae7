import { BSON, type Document } from 'bson';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { SourceColumn } from '../../../src/contract/sourceSchema.ts';
import { BsonWriter, fieldName } from '../../../src/encoding/bsonWriter.ts';
import { columnKind, selectExpression } from '../../../src/encoding/columnKind.ts';
import { writeColumn } from '../../../src/encoding/writeColumn.ts';
import { eachRow } from '../../../src/source/copyRows.ts';

// PostgreSQL itself is the oracle: it makes the values, sends them by COPY as a migration reads them, and says as text what they are.
let client: pg.Client;

beforeAll(async () => {
  client = new pg.Client({
    connectionString: inject('postgresUri'),
    types: { getTypeParser: () => (text: string) => text },
  });
  await client.connect();
  await client.query("set timezone = 'UTC'; set datestyle = 'ISO'; set extra_float_digits = 3");
});
afterAll(async () => {
  await client.end();
});

function column(type: string, elementType: string | null = null): SourceColumn {
  const [typeClass, elementClass] = ['b', elementType === null ? null : 'b'];
  return { name: 'v', type, typeClass, elementType, elementClass, notNull: false };
}

/** What each value of the column becomes, with BSON's own types, beside the text that the server shows. */
async function roundTrip(
  sqlType: string,
  of: SourceColumn,
  literals: readonly (string | null)[],
): Promise<{ bson: unknown; text: string | null }[]> {
  const list = literals.map((literal) => (literal === null ? 'null' : pg.escapeLiteral(literal)));
  const rows = `(select v::${sqlType} as v, i from unnest(array[${list.join(', ')}]::text[]) with ordinality u(v, i)) t`;
  const shown = await client.query<{ v: string | null }>(`select v from ${rows} order by i`);
  const kind = columnKind(of);
  const values: unknown[] = [];
  await eachRow(client, `select ${selectExpression(of, 't."v"')} from ${rows} order by i`, 1, (row) => {
    const out = new BsonWriter(16);
    const start = out.begin();
    writeColumn(out, fieldName('v'), kind, row, 0);
    out.end(start);
    const document: Document = BSON.deserialize(out.copyFrom(0), { promoteValues: false, promoteBuffers: false });
    values.push(document['v']);
  });
  return values.map((bson, index) => ({ bson, text: shown.rows[index]?.v ?? null }));
}

const typeOf = (value: unknown): string => (value as { _bsontype?: string } | null)?._bsontype ?? typeof value;
const texts = (arbitrary: fc.Arbitrary<unknown>, count = 200): string[] =>
  fc.sample(arbitrary.map(String), { numRuns: count, seed: SEED });
const SEED = Date.now() & 0x7fffffff;
console.info(`writeValue.test.ts: seed ${SEED}`);

test.each([
  ['int2', 'int2', 'Int32', fc.integer({ min: -32768, max: 32767 })],
  ['int4', 'int4', 'Int32', fc.integer()],
  ['int8', 'int8', 'Long', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ['oid', 'oid', 'Long', fc.integer({ min: 0, max: 4294967295 })],
] as const)('%s keeps every digit', async (sqlType, type, bsonType, arbitrary) => {
  for (const { bson, text } of await roundTrip(sqlType, column(type), texts(arbitrary))) {
    expect(typeOf(bson)).toBe(bsonType);
    expect(String(bson)).toBe(text);
  }
});

test('float8 keeps every bit, whole numbers too', async () => {
  const values = ['0', '-0', '1', 'NaN', 'Infinity', '-Infinity', '5e-324', '1.7976931348623157e308'];
  const found = await roundTrip('float8', column('float8'), [
    ...values,
    ...texts(fc.double().map((n) => (Object.is(n, -0) ? '-0' : n))),
  ]);
  for (const { bson, text } of found) {
    expect(typeOf(bson)).toBe('Double');
    expect(Object.is((bson as { value: number }).value, Number(text)), text ?? '').toBe(true);
  }
});

test('float4 is the double of the same value', async () => {
  const found = await roundTrip('float4', column('float4'), [
    '-0',
    'NaN',
    '1e-45',
    ...texts(fc.float({ noNaN: true }).filter((n) => !Object.is(n, -0))),
  ]);
  for (const { bson, text } of found)
    expect(Object.is((bson as { value: number }).value, Math.fround(Number(text))), text ?? '').toBe(true);
});

test('numeric is Decimal128 with all its digits up to 34, and text beyond', async () => {
  const literal = fc
    .tuple(
      fc.boolean(),
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 30 }),
      fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 }),
    )
    .map(([isNegative, whole, fraction]) => `${isNegative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`);
  const found = await roundTrip('numeric', column('numeric'), [
    'NaN',
    '0.000',
    '1.10',
    '1e30',
    '-1e-30',
    ...texts(literal, 300),
  ]);
  for (const { bson, text } of found) {
    const digits = (text ?? '').replace(/[-.]/g, '').replace(/^0+/, '').length;
    if (typeOf(bson) === 'string') {
      expect(digits).toBeGreaterThan(34);
      expect(bson).toBe(text);
      continue;
    }
    expect(typeOf(bson)).toBe('Decimal128');
    const { rows } = await client.query<{ same: string; scale: string }>({
      text: 'select ($1::numeric = $2::numeric)::text as same',
      values: [String(bson), text],
    });
    expect(rows[0]?.same, `${String(bson)} for ${text}`).toBe('true');
  }
});

test('text of every kind comes byte for byte', async () => {
  const strings = fc
    .string({ unit: 'grapheme', maxLength: 100 })
    .filter((value) => !value.includes('\0') && value.isWellFormed());
  const samples = ['', ' ', '{"a":1}', '\u0001\u001f', ...fc.sample(strings, { numRuns: 200, seed: SEED })];
  for (const type of ['text', 'varchar']) {
    const found = await roundTrip(type, column(type), samples);
    expect(found.map(({ bson }) => bson)).toEqual(samples);
  }
  const padded = await roundTrip('char(5)', column('bpchar'), ['a', 'ab cd', '']);
  expect(padded.map(({ bson }) => bson)).toEqual(padded.map(({ text }) => text));
});

test('timestamps and dates are their milliseconds, rounded down', async () => {
  const moments = [
    '1970-01-01',
    '1969-12-31 23:59:59.999999',
    '1969-12-31 23:59:59.9995',
    '0001-01-01',
    '0044-03-15 12:00:00 BC',
    '2024-02-29 23:59:59.999999',
    '9999-12-31 23:59:59.999999',
    '2000-01-01',
    '1999-12-31 23:59:59.999001',
  ];
  for (const type of ['timestamp', 'timestamptz']) {
    const found = await roundTrip(type, column(type), moments);
    const { rows } = await client.query<{ ms: string }>(
      `select floor(extract(epoch from v::${type}) * 1000)::bigint::text as ms from unnest($1::text[]) with ordinality u(v, i) order by i`,
      [moments],
    );
    expect(found.map(({ bson }) => (bson as Date).getTime())).toEqual(rows.map(({ ms }) => Number(ms)));
  }
  const dates = await roundTrip('date', column('date'), ['1970-01-01', '0044-03-15 BC', '2024-02-29']);
  expect(dates.map(({ bson }) => (bson as Date).toISOString())).toEqual([
    '1970-01-01T00:00:00.000Z',
    '-000043-03-15T00:00:00.000Z',
    '2024-02-29T00:00:00.000Z',
  ]);
  for (const type of ['timestamp', 'timestamptz', 'date']) {
    const endless = await roundTrip(type, column(type), ['infinity', '-infinity', null]);
    expect(endless.map(({ bson }) => bson)).toEqual(['infinity', '-infinity', null]);
  }
});

test('bytea, uuid and bool', async () => {
  const blobs = fc
    .sample(fc.uint8Array({ maxLength: 120 }), { numRuns: 60, seed: SEED })
    .map((b) => `\\x${Buffer.from(b).toString('hex')}`);
  for (const { bson, text } of await roundTrip('bytea', column('bytea'), blobs)) {
    expect(typeOf(bson)).toBe('Binary');
    expect(`\\x${Buffer.from((bson as { value(): Uint8Array }).value()).toString('hex')}`).toBe(text);
  }
  const uuids = fc.sample(fc.uuid(), { numRuns: 30, seed: SEED });
  expect((await roundTrip('uuid', column('uuid'), uuids)).map(({ bson }) => bson)).toEqual(uuids);
  expect((await roundTrip('bool', column('bool'), ['t', 'f', null])).map(({ bson }) => bson)).toEqual([
    true,
    false,
    null,
  ]);
});

test.each([
  ['interval', '1 mon -2 days 03:04:05.000006'],
  ['time', '24:00:00'],
  ['timetz', '01:02:03.000004+05:30'],
  ['inet', '127.0.0.1'],
  ['inet', '::1/64'],
  ['cidr', '10.0.0.0/8'],
  ['macaddr', '08:00:2b:01:02:03'],
  ['money', '-1234.50'],
  ['point', '(1,-0)'],
  ['int4range', '[1,10)'],
  ['bit(4)', '1010'],
  ['tsvector', "'a':1 'b':2A"],
] as const)('%s %s is the text that the server shows', async (sqlType, literal) => {
  const of = column(sqlType.replace(/\(.*/, ''));
  for (const { bson, text } of await roundTrip(sqlType, of, [literal])) expect(bson).toBe(text);
});

test('arrays of any depth, with NULLs and other lower bounds, are arrays of the same values', async () => {
  const ints = await roundTrip('int[]', column('_int4', 'int4'), [
    '{1,NULL,3}',
    '{}',
    '{{1,2},{3,4}}',
    '[0:1]={7,8}',
    null,
  ]);
  expect(JSON.parse(JSON.stringify(ints.map(({ bson }) => bson)))).toEqual([
    [1, null, 3],
    [],
    [
      [1, 2],
      [3, 4],
    ],
    [7, 8],
    null,
  ]);
  const addresses = await roundTrip('inet[]', column('_inet', 'inet'), ['{127.0.0.1,10.0.0.0/8,NULL}']);
  expect(addresses[0]?.bson).toEqual(['127.0.0.1', '10.0.0.0/8', null]);
  const strings = await roundTrip('text[]', column('_text', 'text'), ['{"",NULL,"NULL","a\\"b","c,d","{}"}']);
  expect(strings[0]?.bson).toEqual(['', null, 'NULL', 'a"b', 'c,d', '{}']);
});

test('json and jsonb become documents, or stay the text that the server shows', async () => {
  const literals = ['{"b": 1, "a": [1.5, null]}', '[]', '7', '"s"', 'null', '{"n":123456789012345678901234567890}'];
  for (const type of ['json', 'jsonb']) {
    const found = await roundTrip(type, column(type), literals);
    expect(found.map(({ bson }) => typeof bson)).toEqual(['object', 'object', 'string', 'string', 'string', 'string']);
    for (const { bson, text } of found) if (typeof bson === 'string') expect(bson).toBe(text);
  }
});
