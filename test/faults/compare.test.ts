import { randomUUID } from 'node:crypto';
import { Binary, Decimal128, type Document, Double, Int32, Long, MongoClient } from 'mongodb';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { compareTables } from './compare.ts';

const DATABASE = `compare_${randomUUID().slice(0, 8)}`;
const SCHEMA = `
  create table alembic_version (version_num varchar(32) primary key);
  insert into alembic_version values ('abc123');
  create table experiments (experiment_id int primary key, name varchar(256), creation_time bigint, workspace text default 'default');
  insert into experiments values (7, 'seven', 0), (8, '', null);
  create table experiment_tags (key text, value text, experiment_id int, primary key (key, experiment_id));
  insert into experiment_tags values ('b', 'x', 7), ('a', null, 7);
  create table runs (run_uuid varchar(32) primary key, name text, status varchar(20), experiment_id int);
  insert into runs values ('r1', 'one', '3', 7), ('r2', null, null, 7);
  create table metrics (key text, value float8, "timestamp" bigint, run_uuid text, step bigint, is_nan boolean,
    primary key (key, "timestamp", step, run_uuid, value, is_nan));
  insert into metrics values ('m', 0, 1, 'r1', 9007199254740993, true), ('m', '-0', 1, 'r1', 0, false), ('m', 5e-324, 1, 'r1', 1, false);
  create table registered_models (name text, workspace text, creation_time bigint, last_updated_time bigint, primary key (workspace, name));
  insert into registered_models values ('twin', 'default', 1, 2), ('twin', 'team-b', 3, 0);
  create table keyless (a int, b text);
  insert into keyless values (1, 'x'), (1, 'x'), (null, null);
  create table odd (id smallint primary key, "Upper" int2, j jsonb, n numeric, b bytea, d date, t timestamptz, i interval, a bigint[], f boolean, u uuid);
  insert into odd values (1, 1, '{"a": 1, "b": [1.5, null], "big": 9007199254740993}', '1.50', '\\x00ff', '2024-02-29', '2024-01-01 00:00:00.123456+02',
    '1 day', '{1,NULL,9007199254740993}', true, '00000000-0000-0000-0000-000000000001'), (2, null, null, null, null, null, null, null, null, null, null),
    (3, 2, '3', 'NaN', '', 'infinity', null, null, '{}', false, null)`;

const metric = (id: string, value: number, step: bigint, isNan: boolean) => ({
  _id: id,
  key: 'm',
  value: new Double(value),
  timestamp: Long.fromNumber(1),
  run_uuid: 'r1',
  step: Long.fromBigInt(step),
  is_nan: isNan,
});
const model = (id: string, workspace: string, created: number, updated: number) => ({
  _id: id,
  name: 'twin',
  workspace,
  creation_time: Long.fromNumber(created),
  creation_timestamp: Long.fromNumber(created),
  last_updated_time: Long.fromNumber(updated),
  last_updated_timestamp: Long.fromNumber(updated),
  tags: [],
});
const oddNulls = { Upper: null, j: null, n: null, b: null, d: null, t: null, i: null, a: null, f: null, u: null };

/** The database as the layout page wants it, written by hand. */
const RIGHT: Readonly<Record<string, Document[]>> = {
  _migration: [{ _id: 'schema', alembic: 'abc123' }],
  experiments: [
    { _id: '7', experiment_id: '7', name: 'seven', creation_time: Long.ZERO, workspace: 'default' },
    { _id: '8', experiment_id: '8', name: '', creation_time: null, workspace: 'default', tags: [] },
  ],
  experiment_tags: [
    { _id: '7:b', key: 'b', value: 'x', experiment_id: new Int32(7) },
    { _id: '7:a', key: 'a', value: null, experiment_id: new Int32(7) },
  ],
  runs: [
    { _id: 'r1', run_uuid: 'r1', name: 'one', run_name: 'one', status: 'FINISHED', experiment_id: '7' },
    { _id: 'r2', run_uuid: 'r2', name: null, run_name: null, status: null, experiment_id: '7' },
  ],
  metrics: [
    metric('1', Number.NaN, 9_007_199_254_740_993n, true),
    metric('2', -0, 0n, false),
    metric('3', 5e-324, 1n, false),
  ],
  registered_models: [model('twin', 'default', 1, 2), model('team-b:twin', 'team-b', 3, 0)],
  keyless: [
    { _id: 'a', a: new Int32(1), b: 'x' },
    { _id: 'b', a: new Int32(1), b: 'x' },
    { _id: 'c', a: null, b: null },
  ],
  odd: [
    {
      _id: 'o1',
      id: new Int32(1),
      Upper: new Int32(1),
      j: { a: 1, b: [1.5, null], big: Long.fromBigInt(9_007_199_254_740_993n) },
      n: Decimal128.fromString('1.5'),
      b: new Binary(Buffer.from([0, 255])),
      d: new Date('2024-02-29T00:00:00Z'),
      t: new Date('2023-12-31T22:00:00.123Z'),
      i: '1 day',
      a: [Long.fromNumber(1), null, Long.fromBigInt(9_007_199_254_740_993n)],
      f: true,
      u: '00000000-0000-0000-0000-000000000001',
    },
    { _id: 'o2', id: new Int32(2), ...oddNulls },
    {
      _id: 'o3',
      id: new Int32(3),
      ...oddNulls,
      Upper: new Int32(2),
      j: '3',
      n: Decimal128.fromString('NaN'),
      b: new Binary(Buffer.alloc(0)),
      d: 'infinity',
      a: [],
      f: false,
    },
  ],
};
const SORTED_TAGS = [
  { key: 'a', value: null },
  { key: 'b', value: 'x' },
];

const admin = new Client({ connectionString: inject('postgresUri') });
const mongo = new MongoClient(inject('mongodbUri'));
const postgresUri = (() => {
  const uri = new URL(inject('postgresUri'));
  uri.pathname = DATABASE;
  return uri.href;
})();
const compare = () => compareTables({ postgresUri, mongodbUri: inject('mongodbUri'), database: DATABASE });
const documents = (name: string) => mongo.db(DATABASE).collection<{ _id: string } & Document>(name);

beforeAll(async () => {
  await admin.connect();
  await admin.query(`create database ${DATABASE}`);
  const client = new Client({ connectionString: postgresUri });
  await client.connect();
  await client.query(SCHEMA.replaceAll('\\\\', '\\'));
  await client.end();
});

beforeEach(async () => {
  await mongo.db(DATABASE).dropDatabase();
  for (const [name, right] of Object.entries(RIGHT)) await documents(name).insertMany(right as Array<{ _id: string }>);
  await documents('experiments').updateOne({ _id: '7' }, { $set: { tags: SORTED_TAGS } });
});

afterAll(async () => {
  await mongo.db(DATABASE).dropDatabase();
  await mongo.close();
  await admin.query(`drop database ${DATABASE}`);
  await admin.end();
});

test('a database that follows the page has no difference', async () => {
  const result = await compare();
  expect(result.differences).toEqual([]);
  expect(result.rows).toBe(17);
  expect(result.tables['metrics']).toBe(3);
});

/** What breaks, what is done to break it, and the difference that must be told. */
const FAULTS: ReadonlyArray<[string, () => Promise<unknown>, { table: string; kind: string; field?: string }]> = [
  ['a row without document', () => documents('runs').deleteOne({ _id: 'r2' }), { table: 'runs', kind: 'missing' }],
  [
    'a document without row',
    () => documents('experiment_tags').insertOne({ _id: 'z', key: 'z', value: null, experiment_id: new Int32(7) }),
    { table: 'experiment_tags', kind: 'unexpected' },
  ],
  [
    'a row that stands twice',
    () => documents('metrics').insertOne(metric('4', -0, 0n, false)),
    { table: 'metrics', kind: 'duplicate' },
  ],
  [
    'one of two equal rows without key',
    () => documents('keyless').deleteOne({ _id: 'b' }),
    { table: 'keyless', kind: 'missing' },
  ],
  ['a collection that is not there', () => documents('odd').drop(), { table: 'odd', kind: 'collection' }],
  [
    'a bigint that became a double',
    () => documents('metrics').updateOne({ _id: '3' }, { $set: { timestamp: new Double(1) } }),
    { table: 'metrics', kind: 'field', field: 'timestamp' },
  ],
  [
    'a bigint that lost a digit within a document of JSON',
    () => documents('odd').updateOne({ _id: 'o1' }, { $set: { 'j.big': new Double(9_007_199_254_740_992) } }),
    { table: 'odd', kind: 'field', field: 'j' },
  ],
  [
    'a negative zero that became positive',
    () => documents('metrics').updateOne({ _id: '2' }, { $set: { value: new Double(0) } }),
    { table: 'metrics', kind: 'field', field: 'value' },
  ],
  [
    'a zero that became null',
    () => documents('experiments').updateOne({ _id: '7' }, { $set: { creation_time: null } }),
    { table: 'experiments', kind: 'field', field: 'creation_time' },
  ],
  [
    'a NULL whose field is not there',
    () => documents('runs').updateOne({ _id: 'r2' }, { $unset: { name: '' } }),
    { table: 'runs', kind: 'field', field: 'name' },
  ],
  [
    'a status that stayed a number',
    () => documents('runs').updateOne({ _id: 'r1' }, { $set: { status: '3' } }),
    { table: 'runs', kind: 'field', field: 'status' },
  ],
  [
    'tags in the wrong order',
    () => documents('experiments').updateOne({ _id: '7' }, { $set: { tags: SORTED_TAGS.toReversed() } }),
    { table: 'experiments', kind: 'field', field: 'tags' },
  ],
  [
    'a field that nobody asked for',
    () => documents('runs').updateOne({ _id: 'r1' }, { $set: { tags: [] } }),
    { table: 'runs', kind: 'field', field: 'tags' },
  ],
  [
    'a time that lost its milliseconds',
    () => documents('odd').updateOne({ _id: 'o1' }, { $set: { t: new Date('2023-12-31T22:00:00Z') } }),
    { table: 'odd', kind: 'field', field: 't' },
  ],
  [
    'bytes that became text',
    () => documents('odd').updateOne({ _id: 'o1' }, { $set: { b: '\\x00ff' } }),
    { table: 'odd', kind: 'field', field: 'b' },
  ],
  [
    'a revision that is not in _migration',
    () => documents('_migration').deleteMany({}),
    { table: 'alembic_version', kind: 'missing' },
  ],
];

describe('says what is wrong', () => {
  test.each(FAULTS)('%s', async (_name, damage, difference) => {
    await damage();
    const { differences } = await compare();
    expect(differences).toContainEqual(expect.objectContaining(difference));
    expect(new Set(differences.map(({ table }) => table))).toEqual(new Set([difference.table]));
  });

  test('an _id that is not the key', async () => {
    await documents('runs').deleteOne({ _id: 'r1' });
    await documents('runs').insertOne({ ...RIGHT['runs']?.[0], _id: 'r1-again' });
    const { differences } = await compare();
    expect(differences).toEqual([
      { table: 'runs', kind: 'id', key: 'run_uuid=r1', expected: 'string r1', actual: 'string r1-again' },
    ]);
  });
});
