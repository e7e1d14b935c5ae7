import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneDatabase, dropDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { seedScale } from '../../bench/seedScale.ts';
import type { MigrationReport } from '../../src/contract/migrationReport.ts';
import { templateName } from '../support/fixtures.ts';
import { compare, digests, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;
const ELSEWHERE = `source_elsewhere_${process.pid}_${Date.now()}`;

/** `-csearch_path="MLflow\ Data"`, as a URI writes it. */
const BY_PATH = '-csearch_path%3D%22MLflow%5C%20Data%22';

beforeAll(async () => {
  const uri = withDatabase(inject('postgresUri'), ELSEWHERE);
  app = await TestApp.start({
    ELSEWHERE: uri,
    ELSEWHERE_BY_PATH: `${uri}?options=${BY_PATH}`,
  });
});
afterAll(async () => {
  await dropDatabase(inject('postgresUri'), ELSEWHERE);
  await app[Symbol.asyncDispose]();
});

const errorsOf = (report: Awaited<ReturnType<TestApp['migrate']>>['report']) =>
  report.validation.findings.filter(({ severity }) => severity === 'error');

/** A column named `_id` cannot stand under its own name; the oracle does not know the field that it stands in. */
const OWN_FIELD = '_id_';

async function expectFaithful(pair: Pair): Promise<MigrationReport> {
  const { report, code } = await app.migrate(pair);
  expect(report.problems).toEqual([]);
  expect(errorsOf(report)).toEqual([]);
  const { differences } = await compare(pair);
  expect(differences.filter(({ field }) => field !== OWN_FIELD)).toEqual([]);
  expect(code).toBe(0);
  const before = await digests(pair);
  const second = await app.migrate(pair);
  expect(second.code).toBe(0);
  expect(second.report.totals.errors).toBe(0);
  expect(await digests(pair)).toEqual(before);
  return report;
}

test('tables of every type, name, key and shape arrive unchanged, twice', async () => {
  const pair = await app.pair('1.30.1');
  await runSql(pair.postgresUri, await readFile(join(import.meta.dirname, 'strangeTables.sql'), 'utf8'));
  const report = await expectFaithful(pair);
  // What the layout's types cannot spell is noted, once for rows of one kind.
  const notes = report.validation.findings.filter(({ check, table }) => check === 'content' && table === 'every_type');
  expect(notes.every(({ severity, key }) => severity === 'note' && key !== undefined)).toBe(true);
  const said = notes.map(({ message }) => message).join('\n');
  for (const field of ['t_timestamp', 't_timestamptz', 'a_tstz'])
    expect(said).toContain(`${field}: a date of BSON keeps`);
  expect(said).toContain('a_int: an array of BSON begins at 0');
  expect(said.match(/t_timestamp:/g)).toHaveLength(1);
  await withTarget(pair, async (db) => {
    const named = await db.collection('Select').findOne({ Order: 'a' });
    expect(named).toMatchObject({ _id: 'a', [OWN_FIELD]: 'k', 'dotted.name': 'c', $dollar: 'd', t: 4 });
    const collections = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    // Partitions are read through their parent; views and sequences are no tables.
    for (const absent of ['parted_2023', 'parted_2024', 'a_view', 'a_matview', 'a_sequence'])
      expect(collections).not.toContain(absent);
    expect(collections).toContain('nothing_in_it');
    expect(await db.collection('parent_of').countDocuments()).toBe(2);
    expect(await db.collection('no_key').countDocuments()).toBe(44);
    expect(await db.collection('no_columns').countDocuments()).toBe(2);
    const idsOf = async (name: string) => (await db.collection(name).find().toArray()).map(({ _id }) => String(_id));
    const digest = (row: string) => createHash('sha256').update(row).digest('hex');
    // The digest is of the row as PostgreSQL writes it, also where a column has the name that stands for the row.
    expect(new Set(await idsOf('no_key_nullable_unique'))).toEqual(
      new Set([`${digest('(1,x)')}:1`, `${digest('(,y)')}:1`, `${digest('(,y)')}:2`]),
    );
    for (const [name, row] of [
      ['no_key_shadows', (i: number) => `(same,same,same,same,same,1,same,${i})`],
      ['no_key_composite', (i: number) => `("(1,same)",${i})`],
    ] as const) {
      const rows = Array.from({ length: 9 }, (_, i) => `${digest(row(i + 1))}:1`);
      expect(new Set(await idsOf(name)), name).toEqual(new Set(rows));
    }
  });
});

test('tables and columns that MongoDB cannot name stand under names near to theirs, and the report says which', async () => {
  const pair = await app.pair('1.30.1');
  const names = { a$b: 'a_b_', a_b: 'a_b', '.dot': '_dot', 'system.x': 'system_x', _migration: '_migration_' };
  for (const table of Object.keys(names)) {
    await runSql(
      pair.postgresUri,
      `create table "${table}" ("_id" int primary key, "_id_" text, "$parent" int references "${table}", "x.y" text);` +
        ` insert into "${table}" select i, 'text', 1, 'dotted' from generate_series(1, 3) i`,
    );
  }
  const { report, code } = await app.migrate(pair);
  expect(errorsOf(report)).toEqual([]);
  expect(code).toBe(0);
  await withTarget(pair, async (db) => {
    for (const [table, collection] of Object.entries(names)) {
      expect(report.tables[table]).toMatchObject({ total: 3, migrated: 3, errors: 0 });
      const rows = await db
        .collection(collection)
        .find({ _id_: 'text' }, { sort: { _id__: 1 } })
        .toArray();
      expect(rows.map(({ _id, ...row }) => row)).toEqual(
        [1, 2, 3].map((i) => ({ _id__: i, _id_: 'text', $parent: 1, 'x.y': 'dotted' })),
      );
      const said = report.validation.findings.filter((finding) => finding.table === table);
      expect(said.map(({ message }) => message).join('\n')).toContain(`${table}._id is stored in the field _id__`);
      if (table !== collection)
        expect(said.map(({ message }) => message).join('\n')).toContain(`its rows are in ${collection}`);
    }
  });
  // A reference whose field MongoDB cannot name is not looked at, and that is said.
  expect(report.verdict.checks.references.note).toContain('a$b → a$b');
  const before = await digests(pair);
  expect((await app.migrate(pair)).code).toBe(0);
  expect(await digests(pair)).toEqual(before);
});

test('170,817 rows and all hard cases arrive unchanged, whichever way they are cut', async () => {
  const pair = await app.pair('empty');
  await seedScale(pair.postgresUri, 1);
  await runSql(pair.postgresUri, await readFile(join(import.meta.dirname, '../../bench/hard-cases.sql'), 'utf8'));
  const { report, code } = await app.migrate(pair, { migration_settings: { batch_size: 700, parallel: 2 } });
  expect(errorsOf(report)).toEqual([]);
  expect(code).toBe(0);
  expect(report.totals.migrated).toBeGreaterThan(170_817);
  expect((await compare(pair)).differences).toEqual([]);
});

test('a schema other than public is found by the search path of the URI, by name, and named when it is missed', async () => {
  const pair = await app.pair('empty');
  const uri = await cloneDatabase(inject('postgresUri'), templateName('2.22.5'), ELSEWHERE);
  await runSql(
    uri,
    'alter schema public rename to "MLflow Data"; create schema public; create table public.other (id int)',
  );
  const missed = await app.migrate({ source: 'ELSEWHERE', target: pair.target });
  expect(missed.code).toBe(1);
  expect(missed.report.problems).toEqual([
    expect.objectContaining({
      kind: 'source-unsupported',
      message: expect.stringContaining('MLflow schema not recognised'),
      hint: expect.stringContaining(`?options=${BY_PATH} `),
    }),
  ]);
  const byName = await app.migrate(
    { source: 'ELSEWHERE', target: pair.target },
    { source: { secret: 'ELSEWHERE', schema: 'MLflow Data' } },
  );
  expect(byName.report.problems).toEqual([]);
  expect(byName.code).toBe(0);
  const { differences } = await compare({ ...pair, postgresUri: uri }, { schema: 'MLflow Data' });
  expect(differences).toEqual([]);
  const byPath = await app.migrate({ source: 'ELSEWHERE_BY_PATH', target: pair.target });
  expect(byPath.report.problems).toEqual([]);
  expect(byPath.report.environment.schema).toBe('MLflow Data');
  expect(byPath.report.tables['runs']).toMatchObject({ unchanged: byPath.report.tables['runs']?.total, errors: 0 });
});
