import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type ArtifactMapping, ArtifactMappings } from '../../../src/contract/artifactMap.ts';
import { columnReader } from '../../../src/mlflow/schema/columnReader.ts';
import { schemaOf, table } from './layoutRows.ts';

// The expressions are for PostgreSQL: it says what they make of a value.
let client: pg.Client;

beforeAll(async () => {
  client = new pg.Client({ connectionString: inject('postgresUri') });
  await client.connect();
});
afterAll(async () => {
  await client.end();
});

const SCHEMA = schemaOf(
  table('runs', ['run_uuid!', 'artifact_uri', 'name']),
  table('datasets', ['dataset_uuid!', 'dataset_source:text', 'dataset_schema:text']),
  table('trace_tags', ['request_id!', 'key!', 'value']),
  table('skill_versions', ['name!', 'source', 'source_type:int4']),
);

/** What the reader of a column makes of these values, in a table that has them and these others. */
async function read(
  [name, column]: readonly [table: string, column: string],
  mappings: readonly ArtifactMapping[],
  values: readonly (string | null)[],
  others: Readonly<Record<string, string>> = {},
): Promise<(string | null)[]> {
  const fixed = Object.entries(others).map(([other, value]) => `, ${client.escapeLiteral(value)}::text as "${other}"`);
  const { rows } = await client.query<{ v: string | null }>(
    `select ${columnReader(SCHEMA, mappings)(name, column)} as v
       from (select v as "${column}"${fixed.join('')}, i from unnest($1::text[]) with ordinality u(v, i)) t order by i`,
    [values],
  );
  return rows.map(({ v }) => v);
}

const URI = ['runs', 'artifact_uri'] as const;
const SOURCE = ['datasets', 'dataset_source'] as const;

const MAP = [
  { from: 's3://mlflow/', to: 'wasbs://c@acct.blob.core.windows.net' },
  { from: 's3://mlflow/team', to: 's3://mlflow/other/' },
  { from: '/mlruns', to: 'file:///' },
];

describe('a location', () => {
  test('begins otherwise where a prefix ends at a boundary, the longest prefix first and once', async () => {
    const expected = {
      's3://mlflow/0/abc/artifacts': 'wasbs://c@acct.blob.core.windows.net/0/abc/artifacts',
      's3://mlflow': 'wasbs://c@acct.blob.core.windows.net',
      's3://mlflow/': 'wasbs://c@acct.blob.core.windows.net/',
      's3://mlflow?endpoint=x': 'wasbs://c@acct.blob.core.windows.net?endpoint=x',
      's3://mlflow/team/1': 's3://mlflow/other/1',
      's3://mlflow/team-b/1': 'wasbs://c@acct.blob.core.windows.net/team-b/1',
      's3://mlflows/1': 's3://mlflows/1',
      'S3://mlflow/1': 'S3://mlflow/1',
      '/mlruns/1': 'file:///1',
      '/mlruns': 'file:///',
      './mlruns/1': './mlruns/1',
      '': '',
    };
    const values = Object.keys(expected);
    expect(await read(URI, MAP, [...values, null])).toEqual([...Object.values(expected), null]);
  });

  test('may be any path, or any bucket of a scheme', async () => {
    const mappings = [
      { from: '/', to: 's3://b/' },
      { from: 'gs://', to: 's3://' },
      { from: 'mlflow-artifacts:', to: 's3://c' },
    ];
    expect(await read(URI, mappings, ['/data/1', 'gs://x/1', 'mlflow-artifacts:/1/2'])).toEqual([
      's3://b/data/1',
      's3://x/1',
      's3://c/1/2',
    ]);
  });
});

describe('the columns of a source', () => {
  test('are read as they are but for those with locations, and all of them without a map', () => {
    expect(columnReader(SCHEMA)('runs', 'artifact_uri')).toBe('t."artifact_uri"');
    expect(columnReader(SCHEMA, MAP)('runs', 'name')).toBe('t."name"');
    expect(columnReader(SCHEMA, MAP)('datasets', 'dataset_schema', 'd')).toBe('d."dataset_schema"');
    expect(columnReader(SCHEMA, MAP)('datasets', 'dataset_source', 'd')).not.toMatch(/\bt\./);
    expect(columnReader(SCHEMA, MAP)('logged_models', 'artifact_location')).toBe('t."artifact_location"');
  });

  test('hold locations of some rows only', async () => {
    const value = ['s3://mlflow/1'];
    expect(await read(['trace_tags', 'value'], MAP, value, { key: 'mlflow.artifactLocation' })).toEqual([
      'wasbs://c@acct.blob.core.windows.net/1',
    ]);
    expect(await read(['trace_tags', 'value'], MAP, value, { key: 'note' })).toEqual(value);
    expect(await read(['skill_versions', 'source'], MAP, value, { source_type: 'git' })).toEqual(value);
  });
});

describe('a JSON text', () => {
  test('keeps every other byte', async () => {
    const values = [
      '{"uri": "s3://mlflow/d.csv"}',
      ' {\n"name" :"s3://mlflow/d", "path"\t: "s3://mlflow" , "sum": 0.30000000000000004}',
      '{"uri": "s3://mlflows/d.csv", "other": {"url":"s3://mlflow/team/x"}}',
      '{"note": "{\\"uri\\": \\"s3://mlflow/d\\"}", "x\\"uri": "s3://mlflow/d", "my_uri": "s3://mlflow/d"}',
      '{"a": ["uri", "s3://mlflow/d"], "uri": ["s3://mlflow/d"]}',
      'not JSON, uri: "s3://mlflow/d"',
      null,
    ];
    expect(await read(SOURCE, MAP, values)).toEqual([
      '{"uri": "wasbs://c@acct.blob.core.windows.net/d.csv"}',
      ' {\n"name" :"s3://mlflow/d", "path"\t: "wasbs://c@acct.blob.core.windows.net" , "sum": 0.30000000000000004}',
      '{"uri": "s3://mlflows/d.csv", "other": {"url":"s3://mlflow/other/x"}}',
      ...values.slice(3),
    ]);
  });

  test('has locations as Python writes them', async () => {
    const mappings = [{ from: 's3://é/"🧪"', to: 'gs://\\ü' }];
    const values = ['{"uri": "s3://\\u00e9/\\"\\ud83e\\uddea\\"/1"}', '{"uri":"s3://é/\\"🧪\\"/1"}'];
    expect((await read(SOURCE, mappings, values)).map((text) => JSON.parse(text ?? ''))).toEqual([
      { uri: 'gs://\\ü/1' },
      { uri: 'gs://\\ü/1' },
    ]);
  });
});

/** The rule in plain words: of the prefixes that the location is, or is a path below, the longest counts. */
function expectedOf(value: string, mappings: readonly ArtifactMapping[]): string {
  const trim = (text: string) => text.replace(/\/$/, '');
  const fitting = mappings
    .filter(({ from }) => value.startsWith(trim(from)) && ['', '/', '?', '#'].includes(value.charAt(trim(from).length)))
    .toSorted((one, other) => trim(other.from).length - trim(one.from).length)[0];
  if (fitting === undefined) return value;
  const rest = value.slice(trim(fitting.from).length);
  return rest === '' && /(?:[/:]|^)$/.test(trim(fitting.to)) ? fitting.to : `${trim(fitting.to)}${rest}`;
}

const part = fc.constantFrom('a', 'ab', 'A', 'é', '🧪', "o'x", '\\1', '&', 'x.y', 'x+', '(', '"q"', '%41', '$', '');
const path = fc.array(part, { maxLength: 3 }).map((parts) => parts.map((one) => `/${one}`).join(''));
const location = fc.tuple(fc.constantFrom('s3:/', 'gs:', '/a', '.'), path).map((parts) => parts.join(''));
const mappings = fc
  .array(fc.record({ from: location, to: location }), { minLength: 1, maxLength: 5 })
  .filter((list) => ArtifactMappings.safeParse(list).success);

test('PostgreSQL maps any location as the rule says, in a column and in JSON', async () => {
  const property = fc.asyncProperty(
    mappings,
    fc.array(location, { minLength: 1 }),
    fc.boolean(),
    async (map, list, isAscii) => {
      const expected = list.map((value) => expectedOf(value, map));
      expect(await read(URI, map, list)).toEqual(expected);
      const documents = list.map((uri) => {
        const text = JSON.stringify({ name: uri, uri }, null, 1);
        return isAscii
          ? text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : text;
      });
      const mapped = await read(SOURCE, map, documents);
      expect(mapped.map((text) => JSON.parse(text ?? ''))).toEqual(list.map((name, i) => ({ name, uri: expected[i] })));
      list.forEach((value, index) => {
        if (expected[index] === value) expect(mapped[index]).toBe(documents[index]);
      });
    },
  );
  await fc.assert(property, { numRuns: 300 });
});
