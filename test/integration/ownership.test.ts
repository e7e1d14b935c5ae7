import { randomBytes } from 'node:crypto';
import { cloneDatabase, dropDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { templateName } from '../support/fixtures.ts';
import { compare, digests, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

// Whose the documents of a target are: what one source brought, no other one takes, changes or deletes.

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** The source of one pair with the target of another. */
const crossed = (from: Pair, to: Pair) => ({ source: from.source, target: to.target });

const documents = (pair: Pair, collection: string): Promise<number> =>
  withTarget(pair, (db) => db.collection(collection).countDocuments());

const refusedForAnother = (message: RegExp) => [
  expect.objectContaining({ kind: 'target-not-empty', message: expect.stringMatching(message) }),
];

test('another schema of the same database is another source', async () => {
  const pair = await app.pair('2.22.5');
  await runSql(pair.postgresUri, 'alter schema public rename to team_a; create schema team_b');
  await runSql(
    pair.postgresUri,
    `do $$ declare t text; begin
       for t in select tablename from pg_tables where schemaname = 'team_a' loop
         execute format('create table team_b.%I (like team_a.%I including all)', t, t);
       end loop; end $$`,
  );
  const of = (schema: string) => ({ source: { secret: pair.source, schema } });
  expect((await app.migrate(pair, of('team_a'))).code).toBe(0);
  const before = await digests(pair);
  for (const body of [{}, { allowExisting: true }, { catchUp: true }, { validateOnly: true }]) {
    const { code, report } = await app.migrate(pair, { ...of('team_b'), ...body });
    expect(code).toBe(1);
    expect(report.problems).toEqual(refusedForAnother(/schema team_a \(.* this source is .* schema team_b \(/));
  }
  expect(await digests(pair)).toEqual(before);
});

test('another schema that bears the name now is another source, until the operator says otherwise', async () => {
  const pair = await app.pair('1.30.1');
  expect((await app.migrate(pair)).code).toBe(0);
  await runSql(
    pair.postgresUri,
    `alter schema public rename to former; create schema public;
     do $$ declare t text; begin
       for t in select tablename from pg_tables where schemaname = 'former' loop
         execute format('create table public.%I (like former.%I including all)', t, t);
       end loop; end $$;
     insert into public.alembic_version select * from former.alembic_version`,
  );
  const before = await digests(pair);
  for (const body of [{}, { catchUp: true }, { allowExisting: true }, { validateOnly: true }]) {
    const { code, report } = await app.migrate(pair, body);
    expect(code).toBe(1);
    expect(report.problems).toEqual(
      refusedForAnother(/schema public \(oid 2200\), .* this source is .* schema public \(oid \d{5,}\)/),
    );
  }
  const adopted = await app.migrate(pair, { adoptTarget: true });
  expect(adopted.report.problems).toEqual([expect.objectContaining({ kind: 'deletes-need-consent' })]);
  expect(await digests(pair)).toEqual(before);
});

test('another database behind the same address is another source, and going on with the old one is refused', async () => {
  const pair = await app.pair('1.30.1');
  expect((await app.migrate(pair)).code).toBe(0);
  const before = await digests(pair);
  // The name and the address stay; the database is another one.
  const admin = inject('postgresUri');
  const name = new URL(pair.postgresUri).pathname.slice(1);
  await dropDatabase(admin, name);
  await cloneDatabase(admin, templateName('2.22.5'), name);
  const { code, report } = await app.migrate(pair);
  expect(code).toBe(1);
  expect(report.problems).toEqual(refusedForAnother(/database .* \(oid \d+\).* this source is/));
  expect(await digests(pair)).toEqual(before);
});

test('the same data under another identity is taken over by the word of the operator, who is asked before anything is deleted', async () => {
  const pair = await app.pair('2.22.5');
  expect((await app.migrate(pair)).code).toBe(0);
  const admin = inject('postgresUri');
  const name = new URL(pair.postgresUri).pathname.slice(1);
  await dropDatabase(admin, name);
  await cloneDatabase(admin, templateName('2.22.5'), name);
  await runSql(
    pair.postgresUri,
    "delete from tags where ctid in (select ctid from tags limit 3); update params set value = 'changed'",
  );
  const before = await digests(pair);
  const asked = await app.migrate(pair, { adoptTarget: true });
  expect(asked.code).toBe(1);
  expect(asked.report.problems).toEqual([
    expect.objectContaining({ kind: 'deletes-need-consent', message: expect.stringContaining('tags: 3 of 546') }),
  ]);
  expect(await documents(pair, 'tags')).toBe(546);
  // Nothing was taken over before the consent: whose it was, it still is.
  expect(await digests(pair)).toEqual(before);
  expect((await app.migrate(pair)).report.problems).toEqual(refusedForAnother(/holds a migration of another source/));
  expect(await digests(pair)).toEqual(before);
  const adopted = await app.migrate(pair, { adoptTarget: true, migration_settings: { allow_deletes: 3 } });
  expect(adopted.code).toBe(0);
  expect(adopted.report.deleted['tags']?.count).toBe(3);
  expect(adopted.report.deleted['tags']?.keys).toHaveLength(3);
  expect((await compare(pair)).differences).toEqual([]);
  // From here on it is this source's.
  expect((await app.migrate(pair)).code).toBe(0);
});

test('another workspace is another source', async () => {
  const pair = await app.pair('3.17.2');
  await runSql(pair.postgresUri, "insert into workspaces (name) values ('another')");
  const of = (workspace: string) => ({ layout: 'mlflow', workspace });
  expect((await app.migrate(pair, of('default'))).code).toBe(0);
  const before = await digests(pair);
  const { code, report } = await app.migrate(pair, of('another'));
  expect(code).toBe(1);
  expect(report.problems).toEqual(refusedForAnother(/workspace default.*workspace another/));
  expect(await digests(pair)).toEqual(before);
});

test('sources with collections of their own share a target, each is caught up, and none takes what the other has', async () => {
  const tracking = await app.pair('2.22.5');
  const registry = await app.pair('1.30.1');
  const registryTables = ['registered_models', 'model_versions', 'registered_model_tags', 'model_version_tags'];
  const trackingTables = ['experiments', 'runs', 'metrics', 'params', 'tags'];
  const shared = crossed(registry, tracking);
  expect((await app.migrate(tracking, { tables: trackingTables })).code).toBe(0);
  expect((await app.migrate(shared, { tables: registryTables })).code).toBe(0);
  for (const [pair, tables] of [
    [tracking, trackingTables],
    [shared, registryTables],
  ] as const)
    expect((await app.migrate(pair, { tables, catchUp: true })).code).toBe(0);
  const before = await digests(tracking);
  for (const body of [{}, { allowExisting: true }, { tables: ['runs'], allowExisting: true }]) {
    const { code, report } = await app.migrate(shared, body);
    expect(code).toBe(1);
    expect(report.problems).toEqual(refusedForAnother(/holds a migration of another source in/));
  }
  expect(await digests(tracking)).toEqual(before);
  expect((await compare(tracking, { tables: trackingTables })).differences).toEqual([]);
});

test('of two sources that come to one empty target at once, one gets it and the other is told whose it is', async () => {
  const one = await app.pair('2.22.5');
  const other = await app.pair('1.30.1');
  // Two apps that know nothing of each other: only the target can tell.
  await using second = await TestApp.start({
    OTHER_SOURCE: other.postgresUri,
    SAME_TARGET: withDatabase(inject('mongodbUri'), one.database),
  });
  const ends = await Promise.all([app.migrate(one), second.migrate({ source: 'OTHER_SOURCE', target: 'SAME_TARGET' })]);
  const codes = ends.map(({ code }) => code).toSorted();
  expect(codes).toEqual([0, 1]);
  const loser = ends.find(({ code }) => code === 1);
  expect(loser?.report.problems[0]?.kind).toMatch(/^target-(?:not-empty|in-use)$/);
  const winner = ends[0]?.code === 0 ? one : { ...other, mongodbUri: one.mongodbUri, database: one.database };
  expect((await compare(winner)).differences).toEqual([]);
});

test("a target that version 0.1.0 has filled is nobody's until the operator says whose", async () => {
  const pair = await app.pair('1.30.1');
  expect((await app.migrate(pair)).code).toBe(0);
  // What that version left: the marker with the address of the source, and no record of ownership.
  await withTarget(pair, async (db) => {
    const markers = db.collection<{ _id: string }>('_migration');
    await markers.deleteMany({});
    const source = 'host:5432/mlflow';
    await markers.insertOne({
      _id: 'alembic_version',
      version_num: 'x',
      source,
      layout: 'tables',
      shared: false,
    } as never);
  });
  const refused = await app.migrate(pair);
  expect(refused.report.problems).toEqual(refusedForAnother(/filled by version 0\.1\.0/));
  await runSql(pair.postgresUri, 'delete from tags where ctid in (select ctid from tags limit 2)');
  // Beside it: nothing is deleted, and that is said.
  const beside = await app.migrate(pair, { allowExisting: true });
  expect(beside.code).toBe(0);
  expect(beside.report.sharedCollections).toContain('tags');
  expect(beside.report.consistentAt).toBeNull();
});

test('a record of ownership by a newer version, or one that cannot be read, stops everything', async () => {
  const pair = await app.pair('1.30.1');
  expect((await app.migrate(pair)).code).toBe(0);
  for (const [change, message] of [
    [{ version: 99 }, /newer version/],
    [{ version: 2, collections: 'none' }, /cannot be read/],
  ] as const) {
    await withTarget(pair, (db) =>
      db.collection<{ _id: string }>('_migration').updateOne({ _id: 'alembic_version' }, { $set: change }),
    );
    for (const body of [{}, { allowExisting: true }, { dropTarget: true }, { adoptTarget: true }]) {
      const { code, report } = await app.migrate(pair, body);
      expect(code).toBe(1);
      expect(report.problems).toEqual(refusedForAnother(message));
    }
  }
});

test('many deletions need consent, and without it not one document goes', async () => {
  const pair = await app.pair('1.30.1');
  await runSql(
    pair.postgresUri,
    `insert into metrics (key, value, timestamp, run_uuid, step, is_nan)
       select 'many', g, g, (select min(run_uuid) from runs), g, false from generate_series(1, 3000) g`,
  );
  expect((await app.migrate(pair)).code).toBe(0);
  const before = await documents(pair, 'metrics');
  await runSql(pair.postgresUri, "delete from metrics where key = 'many' and step <= 1500");
  const preview = await app.migrate(pair, {}, 'analyses');
  expect(preview.report.wouldChange?.['metrics']).toEqual({ inserted: 0, replaced: 0, deleted: 1500 });
  expect(preview.report.validation.findings).toContainEqual(
    expect.objectContaining({
      severity: 'note',
      table: 'metrics',
      message: expect.stringMatching(
        /^A migration would stop before it deletes: 1,500 documents .*--allow-deletes 1500, or all$/,
      ),
    }),
  );
  expect(preview.code).toBe(0);
  for (const body of [{}, { catchUp: true }, { migration_settings: { allow_deletes: 1499 } }]) {
    const { code, report } = await app.migrate(pair, body);
    expect(code).toBe(1);
    expect(report.problems).toEqual([
      expect.objectContaining({
        kind: 'deletes-need-consent',
        hint: expect.stringContaining('--allow-deletes 1500'),
      }),
    ]);
    expect(await documents(pair, 'metrics')).toBe(before);
  }
  const allowed = await app.migrate(pair, { catchUp: true, migration_settings: { allow_deletes: 1500 } });
  expect(allowed.code).toBe(0);
  expect(allowed.report.deleted['metrics']).toMatchObject({ count: 1500 });
  expect(allowed.report.deleted['metrics']?.keys).toHaveLength(50);
  const lines = await (await app.request('GET', `/api/migrations/${allowed.id}/differences`)).text();
  const deleted = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { table: string; key: string });
  expect(new Set(deleted.map(({ key }) => key)).size).toBe(1500);
  expect(deleted[0]).toMatchObject({ table: 'metrics', kind: 'extra', deleted: true });
  expect((await compare(pair)).differences).toEqual([]);
});

test('a second migration of collections that one is writing to is refused, with its name and when it was heard of', async () => {
  const pair = await app.pair('3.17.2');
  const busy = `busy-${randomBytes(4).toString('hex')}`;
  // A second app knows nothing of the first one's migrations: only the target tells.
  await using second = await TestApp.start({
    SAME_SOURCE: pair.postgresUri,
    SAME_TARGET: withDatabase(inject('mongodbUri'), pair.database),
  });
  await runSql(
    pair.postgresUri,
    `insert into metrics (key, value, timestamp, run_uuid, step, is_nan)
       select 'many', g, g, (select min(run_uuid) from runs), g, false from generate_series(1, 200000) g`,
  );
  const id = await app.begin(pair, { name: busy });
  await app.until(id, ({ phase }) => phase !== 'preflight' && phase !== 'plan');
  await app.until(id, ({ totals }) => totals.copied > 0);
  const same = { source: 'SAME_SOURCE', target: 'SAME_TARGET' };
  for (const body of [{}, { allowExisting: true }, { dropTarget: true }, { catchUp: true }]) {
    const { code, report } = await second.migrate(same, body);
    expect(code).toBe(1);
    expect(report.problems).toEqual([
      expect.objectContaining({
        kind: 'target-in-use',
        message: expect.stringMatching(
          new RegExp(`${busy} is writing to the target .*; it was last heard of at \\d{4}-`),
        ),
      }),
    ]);
  }
  expect((await app.end(id)).code).toBe(0);
  expect((await second.migrate(same)).code).toBe(0);
});

test('a source that only its catalog tells is not taken for its own again without the word of the operator', async () => {
  const role = `unsure_${randomBytes(4).toString('hex')}`;
  const password = `canary-of-the-unsure-${randomBytes(6).toString('hex')}`;
  const pair = await app.pair('1.30.1');
  const limited = new URL(pair.postgresUri);
  [limited.username, limited.password] = [role, password];
  await runSql(
    pair.postgresUri,
    `create role ${role} login password '${password}'; grant select on all tables in schema public to ${role};
     revoke execute on function pg_control_system() from public`,
  );
  await using own = await TestApp.start({
    UNSURE: limited.href,
    UNSURE_TARGET: withDatabase(inject('mongodbUri'), pair.database),
  });
  const ends = { source: 'UNSURE', target: 'UNSURE_TARGET' };
  try {
    const first = await own.migrate(ends);
    expect(first.code).toBe(0);
    expect(first.report.validation.findings.map(({ message }) => message).join()).toContain('pg_control_system()');
    await runSql(pair.postgresUri, 'delete from tags where ctid in (select ctid from tags limit 2)');
    const before = await digests(pair);
    for (const body of [{}, { catchUp: true }, { allowExisting: true }])
      expect((await own.migrate(ends, body)).report.problems).toEqual(refusedForAnother(/cannot be told/));
    expect((await own.migrate(ends, { validateOnly: true })).code).toBe(3);
    expect(await digests(pair)).toEqual(before);
    // The right to ask makes it another way of telling, not another source.
    await runSql(pair.postgresUri, `grant execute on function pg_control_system() to ${role}`);
    expect((await own.migrate(ends)).report.problems).toEqual(refusedForAnother(/cannot be told/));
    const adopted = await own.migrate(ends, { adoptTarget: true, migration_settings: { allow_deletes: 2 } });
    expect(adopted.code).toBe(0);
    expect((await own.migrate(ends)).code).toBe(0);
    expect((await compare(pair)).differences).toEqual([]);
  } finally {
    await runSql(pair.postgresUri, `drop owned by ${role}; drop role ${role}`);
  }
});

test("another program's document under an _id of the source stays, and is told", async () => {
  const pair = await app.pair('2.22.5');
  const id = 'a'.repeat(32);
  await runSql(
    pair.postgresUri,
    `insert into runs (run_uuid, name, experiment_id, status, lifecycle_stage)
       select '${id}', 'ours', min(experiment_id), 'RUNNING', 'active' from experiments`,
  );
  const stranger = { _id: id, who: 'another program' };
  await withTarget(pair, (db) => db.collection<{ _id: string }>('runs').insertOne({ ...stranger }));
  expect((await app.migrate(pair)).report.problems[0]?.kind).toBe('target-not-empty');
  const standing = () => withTarget(pair, (db) => db.collection<{ _id: string }>('runs').findOne({ _id: id }));
  const told = {
    severity: 'error',
    check: 'copy',
    table: 'runs',
    key: id,
    message: "Another program's document has this _id; it was left as it is",
  };
  for (const body of [{ allowExisting: true }, {}, { catchUp: true }]) {
    const { code, report } = await app.migrate(pair, body);
    expect(await standing()).toEqual(stranger);
    expect(code).toBe(1);
    if (!('catchUp' in body)) expect(report.validation.findings).toContainEqual(expect.objectContaining(told));
  }
  // Rows of ours beside it are brought up to date all the same.
  await runSql(pair.postgresUri, `update runs set name = 'changed since', end_time = 7`);
  const { code, report } = await app.migrate(pair, { catchUp: true });
  expect(code).toBe(1);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([
    expect.objectContaining(told),
  ]);
  const runs = await documents(pair, 'runs');
  const changed = { name: 'changed since', end_time: 7 };
  expect(await withTarget(pair, (db) => db.collection('runs').countDocuments(changed))).toBe(runs - 1);
  expect(await standing()).toEqual(stranger);
});

test('a collection that was dropped and filled by another program is no longer ours', async () => {
  const pair = await app.pair('1.30.1');
  expect((await app.migrate(pair)).code).toBe(0);
  await withTarget(pair, async (db) => {
    await db.collection('params').drop();
    await db
      .collection('params')
      .insertMany(Array.from({ length: 500 }, (_, number) => ({ number, key: `${number}` })));
    // One that nobody has filled since is made anew.
    await db.collection('tags').drop();
  });
  for (const body of [{}, { catchUp: true }, { migration_settings: { allow_deletes: 'all' } }]) {
    const { code, report } = await app.migrate(pair, body);
    expect(code).toBe(1);
    expect(report.problems).toEqual(refusedForAnother(/already holds other data in params$/));
  }
  const strangers = () => withTarget(pair, (db) => db.collection('params').countDocuments({ number: { $gte: 0 } }));
  for (const body of [{ allowExisting: true }, {}]) {
    const { code, report } = await app.migrate(pair, body);
    expect(code).toBe(0);
    expect(report.deleted).toEqual({});
    expect(report.sharedCollections).toEqual(['params']);
    expect(await strangers()).toBe(500);
  }
});
