import { randomBytes } from 'node:crypto';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { compare, digests, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

const ROLE = `reader_${randomBytes(4).toString('hex')}`;
const WRITER = `writer_${randomBytes(4).toString('hex')}`;
const PASSWORD = `canary-of-roles-${randomBytes(6).toString('hex')}`;

let app: TestApp;
let pair: Pair;
let other: Pair;

/** The URI with another user. */
function as(uri: string, user: string, password: string): string {
  return uri.replace(/^([^/]+:\/\/)[^@/]*@/, `$1${user}:${password}@`);
}

/** Documents in the whole target. The probe whether it takes writes may leave a collection, but nothing in it. */
function documentCount(of: Pair): Promise<number> {
  return withTarget(of, async (db) => {
    let count = 0;
    for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
      count += await db.collection(name).countDocuments();
    return count;
  });
}

beforeAll(async () => {
  const postgres = inject('postgresUri');
  const mongodb = inject('mongodbUri');
  // One database has to be known before the app starts, as its settings are fixed then.
  app = await TestApp.start({
    WRONG_PASSWORD: as(postgres, 'postgres', 'not-the-password'),
    NO_HOST: 'postgresql://u:p@no-such-host.invalid:5432/mlflow',
    NO_SERVER: 'postgresql://u:p@127.0.0.1:1/mlflow',
    NO_DATABASE: withDatabase(postgres, `missing_${ROLE}`),
    NOT_MLFLOW: withDatabase(postgres, 'postgres'),
    SOURCE_LIMITED: as(withDatabase(postgres, `limited_${ROLE}`), ROLE, PASSWORD),
    TARGET_WRONG_PASSWORD: as(withDatabase(mongodb, 'anything'), 'migrator', 'not-the-password'),
    TARGET_NO_SERVER: 'mongodb://u:p@127.0.0.1:1/x?serverSelectionTimeoutMS=800',
    TARGET_NO_HOST: 'mongodb://u:p@no-such-host.invalid:27017/x?serverSelectionTimeoutMS=800',
    TARGET_NO_CLUSTER: 'mongodb+srv://u:p@cluster.no-such-host.invalid/x',
    TARGET_READ_ONLY: as(withDatabase(mongodb, 'read_only_database'), WRITER, PASSWORD),
  });
  pair = await app.pair('1.30.1');
  other = await app.pair('2.22.5');
  await runSql(postgres, `create role ${ROLE} login password '${PASSWORD}'`);
  const client = new MongoClient(mongodb);
  await client
    .db('admin')
    .command({ createUser: WRITER, pwd: PASSWORD, roles: [{ role: 'read', db: 'read_only_database' }] });
  await client.close();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await runSql(inject('postgresUri'), `drop database if exists limited_${ROLE} with (force)`);
  await runSql(inject('postgresUri'), `drop role ${ROLE}`);
});

test.each([
  ['a wrong password', 'WRONG_PASSWORD', 4, 'source-refused', /refused the user or password/],
  ['a host that there is not', 'NO_HOST', 4, 'source-unreachable', /cannot be resolved/],
  ['a server that does not run', 'NO_SERVER', 4, 'source-unreachable', /ECONNREFUSED/],
  ['a database that is missing', 'NO_DATABASE', 4, 'source-refused', /no such database/],
  ['a database that is not of MLflow', 'NOT_MLFLOW', 1, 'source-unsupported', /MLflow schema not recognised/],
] as const)('%s of the source is told, with its cure and exit code', async (_what, source, exitCode, kind, message) => {
  const { code, report, status } = await app.migrate({ source, target: pair.target });
  expect(report.problems).toEqual([
    { kind, message: expect.stringMatching(message), hint: expect.stringMatching(/\w+ \w+/) },
  ]);
  expect(code).toBe(exitCode);
  expect(status).toMatchObject({ status: 'failed', failures: report.problems });
  expect(await documentCount(pair)).toBe(0);
});

test.each([
  ['a wrong password', 'TARGET_WRONG_PASSWORD', 4, 'target-refused', /refused the user or password/],
  ['a server that does not run', 'TARGET_NO_SERVER', 4, 'target-unreachable', /cannot be reached/],
  ['a host that there is not', 'TARGET_NO_HOST', 4, 'target-unreachable', /host of .* cannot be resolved/],
  ['a cluster name that there is not', 'TARGET_NO_CLUSTER', 4, 'target-unreachable', /host of .* cannot be resolved/],
  [
    'a user who may only read',
    'TARGET_READ_ONLY',
    4,
    'target-refused',
    /may not write to .*: it lacks the right to insert, update, remove, createIndex \(code 13\)/,
  ],
] as const)('%s of the target is told, with its cure and exit code', async (_what, target, exitCode, kind, message) => {
  const { code, report } = await app.migrate({ source: pair.source, target });
  expect(report.problems).toEqual([
    { kind, message: expect.stringMatching(message), hint: expect.stringMatching(/\w+ \w+/) },
  ]);
  expect(code).toBe(exitCode);
});

test('problems of both ends are told at once', async () => {
  const { code, report } = await app.migrate({ source: 'NO_DATABASE', target: 'TARGET_WRONG_PASSWORD' });
  expect(report.problems.map(({ kind }) => kind)).toEqual(['source-refused', 'target-refused']);
  expect(code).toBe(4);
});

test('tables that the user may not read are named', async () => {
  const postgres = inject('postgresUri');
  await runSql(postgres, `create database limited_${ROLE} template template_1_30_1`);
  const limited = withDatabase(postgres, `limited_${ROLE}`);
  await runSql(
    limited,
    `grant select on all tables in schema public to ${ROLE}; revoke select on metrics, "tags" from ${ROLE}`,
  );
  const target = await app.pair('empty');
  const refused = await app.migrate({ source: 'SOURCE_LIMITED', target: target.target });
  expect(refused.code).toBe(4);
  expect(refused.report.problems).toEqual([
    {
      kind: 'source-refused',
      message: expect.stringMatching(/may not SELECT from tables metrics, tags/),
      hint: expect.stringMatching(/GRANT SELECT .*; or leave them out with --exclude metrics,tags$/),
    },
  ]);
  // What nobody reads needs no right.
  const chosen = await app.migrate(
    { source: 'SOURCE_LIMITED', target: target.target },
    { tables: ['experiments', 'runs'], migration_settings: { dry_run: true } },
  );
  expect(chosen.report.problems).toEqual([]);
  const leftOut = await app.migrate(
    { source: 'SOURCE_LIMITED', target: target.target },
    { exclude: ['metrics', 'tags'], migration_settings: { dry_run: true } },
  );
  expect(leftOut.report.problems).toEqual([]);
  expect(leftOut.code).toBe(0);
  expect(Object.keys(leftOut.report.tables)).not.toEqual(expect.arrayContaining(['metrics']));
  // SELECT is all that is needed, on all rows.
  await runSql(limited, `grant select on metrics, tags to ${ROLE}; alter table params enable row level security`);
  const hidden = await app.migrate({ source: 'SOURCE_LIMITED', target: target.target });
  expect(hidden.report.problems).toEqual([
    {
      kind: 'source-refused',
      message: expect.stringMatching(/^Row-level security hides rows of table params of /),
      hint: expect.stringContaining('BYPASSRLS'),
    },
  ]);
  await runSql(limited, 'alter table params disable row level security; revoke usage on schema public from public');
  const closed = await app.migrate({ source: 'SOURCE_LIMITED', target: target.target });
  expect(closed.report.problems).toEqual([
    {
      kind: 'source-refused',
      message: expect.stringContaining('may not use schema public'),
      hint: expect.stringContaining('GRANT USAGE ON SCHEMA "public"'),
    },
  ]);
  // Where nothing is left that would be worth a migration, nobody is told to leave it out.
  await runSql(limited, `grant usage on schema public to ${ROLE}; revoke select on experiments from ${ROLE}`);
  const unread = await app.migrate({ source: 'SOURCE_LIMITED', target: target.target });
  expect(unread.report.problems[0]?.hint).toMatch(/^GRANT SELECT [^;]*$/);
  await runSql(limited, `grant select on experiments to ${ROLE}`);
  const granted = await app.migrate({ source: 'SOURCE_LIMITED', target: target.target });
  expect(granted.report.problems).toEqual([]);
  expect(granted.code).toBe(0);
  expect((await compare({ ...target, postgresUri: limited })).differences).toEqual([]);
});

test('a target that holds other data is left alone, until it is allowed or to be dropped', async () => {
  const foreign = { _id: 'mine' as never, precious: true };
  await withTarget(pair, async (db) => {
    await db.collection('runs').insertOne(foreign);
    await db.collection('unrelated').insertOne(foreign);
  });
  const before = await digests(pair);
  const { code, report } = await app.migrate(pair);
  expect(code).toBe(1);
  expect(report.problems).toEqual([
    expect.objectContaining({
      kind: 'target-not-empty',
      message: expect.stringContaining('runs'),
      hint: expect.stringContaining('--drop-target'),
    }),
  ]);
  expect(await digests(pair)).toEqual(before);

  const beside = await app.migrate(pair, { allowExisting: true });
  expect(beside.report.problems).toEqual([]);
  await withTarget(pair, async (db) => {
    expect(await db.collection('runs').findOne({ _id: 'mine' as never })).toEqual(foreign);
  });

  const dropped = await app.migrate(pair, { dropTarget: true });
  expect(dropped.code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
  await withTarget(pair, async (db) => {
    expect(await db.collection('runs').findOne({ _id: 'mine' as never })).toBeNull();
    expect(await db.collection('unrelated').find().toArray()).toEqual([foreign]);
  });
});

test('a target of another source or of another layout is left alone', async () => {
  const first = await app.migrate(other);
  expect(first.code).toBe(0);
  const before = await digests(other);
  const { code, report } = await app.migrate({ source: pair.source, target: other.target });
  expect(code).toBe(1);
  expect(report.problems[0]?.kind).toBe('target-not-empty');
  expect(await digests(other)).toEqual(before);
  const inOtherLayout = await app.migrate(other, { layout: 'mlflow' });
  expect(inOtherLayout.code).toBe(1);
  expect(inOtherLayout.report.problems).toEqual([
    {
      kind: 'target-not-empty',
      message: expect.stringMatching(
        /holds a migration of this source in the layout tables in .*; the layout asked for is mlflow$/,
      ),
      hint: expect.stringMatching(
        /^To go on with what is there: --layout tables\. .*another target database.*--drop-target$/,
      ),
    },
  ]);
  expect(await digests(other)).toEqual(before);
});

test('a database whose name differs from one that is there in case only is told with its cure, also where nothing is written', async () => {
  const target = await app.pair('1.30.1');
  await withTarget(target, (db) => db.collection('unrelated').insertOne({ _id: 'kept' as never }));
  const database = target.database.toUpperCase();
  const destination = { secret: target.target, database };
  const refused = {
    kind: 'target-refused',
    message: expect.stringContaining(`cannot make the database ${database} beside the database ${target.database}`),
    hint: expect.stringContaining(`as it is written there, ${target.database}`),
  };
  for (const [route, body] of [
    ['analyses', {}],
    ['migrations', { validateOnly: true }],
    ['migrations', {}],
  ] as const) {
    const { code, report } = await app.migrate(target, { destination, ...body }, route);
    expect({ code, problems: report.problems }).toEqual({ code: 4, problems: [refused] });
  }
  expect((await app.migrate(target, {}, 'analyses')).code).toBe(0);
});

test('a table that the source has not is a mistake in the request, with a guess', async () => {
  const target = await app.pair('1.30.1');
  const { code, report } = await app.migrate(target, { tables: ['runs', 'metric'] });
  expect(code).toBe(2);
  expect(report.problems).toEqual([
    {
      kind: 'config',
      message: 'The source has no table metric (did you mean metrics?)',
      hint: expect.stringContaining('params'),
    },
  ]);
  expect(await documentCount(target)).toBe(0);
});

test('a subset of the tables is migrated and nothing else', async () => {
  const target = await app.pair('2.22.5');
  const { code, report } = await app.migrate(target, { tables: ['runs', 'params'] });
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect(Object.keys(report.tables).toSorted()).toEqual(['params', 'runs']);
  // Of parents that stay behind nothing is said, and that is said.
  expect(report.verdict.checks.references).toEqual({ result: 'ok', note: 'not looked at: runs → experiments' });
  expect(report.validation.findings).toContainEqual({
    severity: 'note',
    check: 'references',
    table: 'runs',
    message:
      'Whether experiment_id leads to a row of experiments was not looked at: experiments is not among the tables of this run',
  });
  expect(Object.keys(await digests(target)).toSorted()).toEqual(['_migration', 'params', 'runs']);
  expect((await compare(target, { tables: ['runs', 'params'] })).differences).toEqual([]);
});

test.each(['migrations', 'analyses'])('a dry run over %s counts everything and writes nothing', async (route) => {
  const target = await app.pair('2.22.5');
  const change = route === 'migrations' ? { migration_settings: { dry_run: true } } : {};
  const { code, report } = await app.migrate(target, change, route);
  expect(code).toBe(0);
  expect(report).toMatchObject({ status: 'completed', dryRun: true, totals: { migrated: 0, errors: 0 } });
  expect(report.totals.total).toBe(report.analysis.totalRows);
  expect(report.analysis.totalRows).toBeGreaterThan(100);
  expect(report.analysis.tables['runs']).toEqual({
    rows: expect.any(Number),
    bytes: expect.any(Number),
    collection: 'runs',
  });
  expect(report.analysis.estimatedSeconds).toBeGreaterThan(0);
  expect(await digests(target)).toEqual({});
});

test('no password turned up in any answer or log line', () => {
  const all = app.log.join('\n');
  expect(all.length).toBeGreaterThan(1_000);
  for (const secret of [inject('canary'), PASSWORD, 'not-the-password']) expect(all).not.toContain(secret);
});
