import { Double, Int32, Long, ObjectId } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';
import { bringBack, emptied, query } from '../support/wayBack.ts';

let app: TestApp;
/** One pair for all: the tests go on from each other, as a migration takes longer than any of them. */
let pair: Pair;

beforeAll(async () => {
  app = await TestApp.start();
  pair = await app.pair('3.18.0');
  const { code } = await app.migrate(pair);
  expect(code).toBe(0);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** Every row of every table as PostgreSQL's text, in order. */
async function contents(pair: Pair): Promise<Record<string, string[]>> {
  const { rows } = await query<{ name: string }>(
    pair,
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' order by 1`,
  );
  const all: Record<string, string[]> = {};
  for (const { name } of rows) {
    const found = await query<{ row: string }>(pair, `select t::text as row from ${name} t order by 1`);
    all[name] = found.rows.map(({ row }) => row);
  }
  return all;
}

const dryRun = { migration_settings: { dry_run: true } };

/** What an application does to the documents after a cut-over. */
async function change(pair: Pair): Promise<void> {
  await withTarget(pair, async (db) => {
    const [run, gone, other] = await db.collection('runs').find({ lifecycle_stage: 'active' }).limit(3).toArray();
    const fresh = 'f'.repeat(32);
    const { _id, ...fields } = run as NonNullable<typeof run>;
    await db.collection('runs').insertOne({
      ...fields,
      _id: fresh as never,
      run_uuid: fresh,
      name: 'back',
      run_name: 'back',
      start_time: new Int32(7),
    });
    await db.collection('metrics').insertMany([
      // The shapes of another writer: an ObjectId, doubles and int32 in place of int64.
      {
        _id: new ObjectId(),
        run_uuid: fresh,
        key: 'loss',
        value: new Double(0.5),
        timestamp: new Double(1_700_000_000_000),
        step: new Int32(1),
        is_nan: false,
      },
      {
        _id: new ObjectId(),
        run_uuid: fresh,
        key: 'nan',
        value: new Double(Number.NaN),
        timestamp: Long.fromString('9223372036854775807'),
        step: new Int32(-1),
      },
    ]);
    await db
      .collection('tags')
      .insertOne({ _id: `${fresh}:note` as never, run_uuid: fresh, key: 'note', value: 'ü "quoted" \\ {}' });
    await db
      .collection('runs')
      .updateOne({ _id: other?._id as never }, { $set: { end_time: Long.fromNumber(99), status: 'KILLED' } });
    await db.collection('tags').updateMany({ run_uuid: other?.['run_uuid'] }, { $set: { value: 'changed' } });
    const ofGone = { run_uuid: gone?.['run_uuid'] };
    for (const name of ['metrics', 'latest_metrics', 'params', 'tags', 'runs'])
      await db.collection(name).deleteMany(ofGone);
  });
}

test('an empty database gets every row, and the numbers of its sequences', async () => {
  const empty = await emptied(app, pair, '3.18.0');
  const plan = await bringBack(app, empty, dryRun);
  expect(plan).toMatchObject({ status: 'completed', into: 'empty', isWritten: false, problems: [] });
  const report = await bringBack(app, empty, { agreedPlan: plan.plan });
  expect(report).toMatchObject({ status: 'completed', isWritten: true, plan: plan.plan, problems: [] });
  const [there, here] = [await contents(pair), await contents(empty)];
  expect(Object.keys(there).filter((table) => there[table]?.join('\n') !== here[table]?.join('\n'))).toEqual([]);
  const { rows } = await query<{ id: number }>(
    empty,
    "insert into experiments (name, lifecycle_stage) values ('next', 'active') returning experiment_id as id",
  );
  const most = await query<{ id: number }>(pair, 'select max(experiment_id) as id from experiments');
  expect(rows[0]?.id).toBe((most.rows[0]?.id ?? 0) + 1);
  // It holds rows of its own by now.
  await change(pair);
  expect((await bringBack(app, empty)).problems[0]).toMatchObject({ kind: 'conflict' });
});

test('what cannot be a row is listed by key, and nothing is written', async () => {
  const odd = { _id: 'odd' as never, key: 'no run' };
  const stray = { stray: 1, value: new Int32(3) };
  const [tag] = await withTarget(pair, async (db) => {
    await db.collection('metrics').insertOne(odd);
    const found = await db.collection('tags').find().limit(1).toArray();
    await db.collection('tags').updateOne({ _id: found[0]?._id as never }, { $set: stray });
    return found;
  });
  const before = await contents(pair);
  const report = await bringBack(app, pair);
  expect(report).toMatchObject({ status: 'failed', isWritten: false, problems: [{ kind: 'unsupported-value' }] });
  expect(report.faults.map(({ table, key, field }) => [table, key, field]).toSorted()).toEqual([
    ['metrics', 'odd', ''],
    ['tags', String(tag?._id), 'stray'],
    ['tags', String(tag?._id), 'value'],
  ]);
  expect(await contents(pair)).toEqual(before);
  await withTarget(pair, async (db) => {
    await db.collection('metrics').deleteOne({ _id: 'odd' as never });
    await db.collection('tags').replaceOne({ _id: tag?._id as never }, tag as object);
  });
});

test('a source that was written to since is left alone', async () => {
  await runSql(
    pair.postgresUri,
    "insert into experiments (experiment_id, name, lifecycle_stage) values (9999, 'of postgres', 'active')",
  );
  const before = await contents(pair);
  const report = await bringBack(app, pair);
  const ends = { from: expect.stringContaining(pair.database), to: expect.stringContaining('source_') };
  expect(report).toMatchObject({ ...ends, status: 'failed', isWritten: false, problems: [{ kind: 'conflict' }] });
  expect(report.problems[0]?.message).toMatch(/written to since .*experiments \(1 rows written\)/);
  expect(await contents(pair)).toEqual(before);
  await runSql(pair.postgresUri, 'delete from experiments where experiment_id = 9999');
});

test('the source gets what an application has changed, and a second run finds nothing to do', async () => {
  const before = await contents(pair);
  const plan = await bringBack(app, pair, dryRun);
  expect(plan).toMatchObject({ status: 'completed', into: 'source', isWritten: false, problems: [] });
  expect(await contents(pair)).toEqual(before);
  expect((await bringBack(app, pair, { agreedPlan: 'x'.repeat(22) })).problems[0]).toMatchObject({ kind: 'conflict' });
  // Another row that goes is another plan, though as many go.
  const planWithout = async (place: number) => {
    const taken = await withTarget(pair, async (db) => {
      const params = db.collection('params');
      const document = await params.find().sort({ _id: 1 }).skip(place).limit(1).next();
      await params.deleteOne({ _id: document?._id as never });
      return document;
    });
    const { plan: digest } = await bringBack(app, pair, dryRun);
    await withTarget(pair, async (db) => void (await db.collection('params').insertOne(taken as never)));
    return digest;
  };
  const [first, other] = [await planWithout(0), await planWithout(1)];
  expect(first).toMatch(/^.{22}$/);
  expect(other).not.toBe(first);
  const report = await bringBack(app, pair, { agreedPlan: plan.plan });
  expect(report).toMatchObject({ status: 'completed', into: 'source', isWritten: true, plan: plan.plan, problems: [] });
  expect(report.tables['runs']).toMatchObject({ inserted: 1, changed: 1, deleted: 1 });
  expect(report.tables['metrics']).toMatchObject({ inserted: 2 });
  const nothing = { inserted: 0, changed: 0, deleted: 0 };
  expect(await bringBack(app, pair)).toMatchObject({ status: 'completed', isWritten: false, totals: nothing });
  const { rows } = await query<{ key: string; value: number; step: string; timestamp: string; is_nan: boolean }>(
    pair,
    `select key, value, step, timestamp, is_nan from metrics where run_uuid = '${'f'.repeat(32)}' order by key`,
  );
  expect(rows).toEqual([
    { key: 'loss', value: 0.5, step: '1', timestamp: '1700000000000', is_nan: false },
    { key: 'nan', value: 0, step: '-1', timestamp: '9223372036854775807', is_nan: true },
  ]);
});

test('the proof is renewed by it: what changes in the target afterwards is brought, what goes in PostgreSQL is seen', async () => {
  await withTarget(pair, (db) => db.collection('params').updateMany({}, { $set: { value: 'again' } }));
  expect(await bringBack(app, pair)).toMatchObject({ status: 'completed', isWritten: true, problems: [] });
  await runSql(pair.postgresUri, 'delete from webhook_events where ctid = (select min(ctid) from webhook_events)');
  expect((await bringBack(app, pair)).problems[0]?.message).toMatch(/webhook_events \(1 rows deleted\)/);
});

test('rows that were left out do not go or change with those that they refer to', async () => {
  const partial = await app.pair('3.18.0');
  await runSql(
    partial.postgresUri,
    `alter table registered_models add unique (description);
     update registered_models set description = 'old' where name = (select min(name) from registered_models);
     create table labels (id int primary key, model varchar(5000) references registered_models (description) on update cascade);
     insert into labels values (1, 'old')`,
  );
  expect((await app.migrate(partial, { exclude: ['logged_model_metrics', 'labels'] })).code).toBe(0);
  const { rows } = await query<{ id: string }>(partial, 'select min(model_id) as id from logged_model_metrics');
  const model = { model_id: rows[0]?.id };
  await withTarget(partial, async (db) => {
    for (const name of ['logged_models', 'logged_model_params', 'logged_model_tags'])
      await db.collection(name).deleteMany(model);
  });
  const before = await contents(partial);
  const report = await bringBack(app, partial);
  expect(report).toMatchObject({ status: 'failed', isWritten: false, problems: [{ kind: 'conflict' }] });
  expect(report.problems[0]?.message).toContain('logged_model_metrics');
  expect(await contents(partial)).toEqual(before);
  await runSql(partial.postgresUri, `delete from logged_model_metrics where model_id = '${model.model_id}'`);
  expect(await bringBack(app, partial)).toMatchObject({ status: 'completed', isWritten: true, problems: [] });
  await withTarget(partial, (db) =>
    db.collection('registered_models').updateOne({ description: 'old' }, { $set: { description: 'new' } }),
  );
  expect((await bringBack(app, partial)).problems[0]?.message).toMatch(/would change rows of labels,/);
});
