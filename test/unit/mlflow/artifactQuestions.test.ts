import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { artifactQuestions } from '../../../src/mlflow/schema/artifactQuestions.ts';
import { schemaOf, table } from './layoutRows.ts';

let client: pg.Client;

beforeAll(async () => {
  client = new pg.Client({ connectionString: inject('postgresUri') });
  await client.connect();
  await client.query(`create schema surveyed;
    create table surveyed.runs (run_uuid int generated always as identity, artifact_uri varchar);
    create table surveyed.datasets (dataset_uuid int generated always as identity, dataset_source text)`);
});
afterAll(async () => {
  await client.query('drop schema surveyed cascade');
  await client.end();
});

const SCHEMA = {
  ...schemaOf(
    table('runs', ['run_uuid!:int4', 'artifact_uri']),
    table('datasets', ['dataset_uuid!:int4', 'dataset_source:text']),
  ),
  schema: 'surveyed',
};
const MAPPINGS = [
  { from: 's3://a', to: 'gs://a' },
  { from: 's3://a/é', to: 'gs://e' },
];

/** Mapping or beginning, and how often. */
async function answers(name: 'runs' | 'datasets', values: readonly (string | null)[], scope?: string) {
  const column = name === 'runs' ? 'artifact_uri' : 'dataset_source';
  await client.query(`truncate surveyed.${name}`);
  await client.query(`insert into surveyed.${name} (${column}) select unnest($1::text[])`, [values]);
  const scopes = scope === undefined ? {} : { [name]: scope };
  const question = artifactQuestions(SCHEMA, scopes, MAPPINGS).find((one) => one.table === name);
  expect(question?.column).toBe(column);
  const { rows } = await client.query<{ mapping: number | null; prefix: string | null; count: string }>(
    question?.sql ?? '',
  );
  return Object.fromEntries(rows.map(({ mapping, prefix, count }) => [String(mapping ?? prefix), Number(count)]));
}

test('values are counted by the prefix that maps them, or by how they begin', async () => {
  const values = [
    's3://a/1',
    's3://a',
    's3://a/é/1',
    's3://ab/1',
    's3://ab/2',
    '/x',
    './x',
    'x',
    'dbfs:/x',
    'C:\\x',
    '',
    null,
  ];
  expect(await answers('runs', values)).toEqual({ 0: 2, 1: 1, 's3://ab': 2, '/': 1, '.': 2, 'dbfs:': 1, 'C:': 1 });
  expect(await answers('runs', values, `t.artifact_uri like 's3://ab%'`)).toEqual({ 's3://ab': 2 });
  expect(await answers('runs', ['runs:/1/model', 'models:/m/1'])).toEqual({ null: 2 });
});

test('of a JSON text the locations are counted, and no other string', async () => {
  const values = [
    '{"uri": "s3://a/1", "path":"s3://a/\\u00e9/2", "name": "s3://a/3"}',
    '{"uri": "gs://b?sig=hush", "path": "relative"}',
    'no JSON',
    null,
  ];
  expect(await answers('datasets', values)).toEqual({ 0: 1, 1: 1, 'gs://b': 1 });
});

test.each([
  ['ftp://ann:hush@host/x', 'ftp://'],
  ['ftp://ann:hu/sh@host/x', 'ftp://'],
  ['sftp://hush@host:22/x', 'sftp://host:22'],
  ['s3://hush@bucket/x', 's3://bucket'],
  ['wasbs://container@host/x', 'wasbs://container@host'],
  ['abfss://c:hush@host/x', 'abfss://'],
  ['https://host:8080/a@b', 'https://host:8080'],
  ['https://host/x?sig=hush#hush', 'https://host'],
])('%s is told as %s', async (value, prefix) => {
  expect(await answers('runs', [value])).toEqual({ [prefix]: 1 });
});
