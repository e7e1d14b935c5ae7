import { Double, Int32, Long } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compare, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

async function migrated(): Promise<Pair> {
  const pair = await app.pair('2.22.5');
  const { code } = await app.migrate(pair);
  expect(code).toBe(0);
  return pair;
}

test('documents that were changed or deleted are made right again, and counted', async () => {
  const pair = await migrated();
  await withTarget(pair, async (db) => {
    const [run, other] = await db.collection('runs').find().limit(2).toArray();
    // Types alone, values alone, an extra field, a missing one, a missing document.
    await db.collection('runs').updateOne({ _id: run?._id as never }, { $set: { start_time: new Double(1.5) } });
    await db
      .collection('runs')
      .updateOne({ _id: other?._id as never }, { $set: { stray_field: 1 }, $unset: { name: 1 } });
    const [metric, second] = await db.collection('metrics').find({}, { promoteValues: false }).limit(2).toArray();
    await db
      .collection('metrics')
      .updateOne({ _id: metric?._id as never }, { $set: { step: new Int32(Number(metric?.['step'])) } });
    await db.collection('metrics').deleteOne({ _id: second?._id as never });
    await db.collection('params').deleteMany({});
  });
  const params = await withTarget(pair, (db) => db.collection('params').countDocuments());
  expect(params).toBe(0);
  const { code, report } = await app.migrate(pair);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect(report.tables['runs']?.unchanged).toBe((report.tables['runs']?.total ?? 0) - 2);
  expect(report.tables['metrics']?.unchanged).toBe((report.tables['metrics']?.total ?? 0) - 2);
  expect(report.tables['params']?.unchanged).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
});

test('catching up repairs what differs without copying first, and says how many', async () => {
  const pair = await migrated();
  await withTarget(pair, async (db) => {
    const [run] = await db.collection('runs').find().limit(1).toArray();
    await db.collection('runs').updateOne({ _id: run?._id as never }, { $set: { start_time: new Double(1.5) } });
    await db.collection('tags').deleteMany({});
  });
  const { code, report } = await app.migrate(pair, { catchUp: true });
  expect(report.problems).toEqual([]);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect(report.tables['runs']).toMatchObject({ repaired: 1, errors: 0, migrated: report.tables['runs']?.total });
  const { runs, tags, params } = report.tables;
  expect(tags).toMatchObject({ repaired: tags?.total, unchanged: 0, errors: 0 });
  expect(runs?.unchanged).toBe(Number(runs?.total) - 1);
  expect(params).toMatchObject({ repaired: 0, unchanged: params?.total });
  expect((await compare(pair)).differences).toEqual([]);
});

test('a document that no row has is named when comparing alone, and removed by migrating', async () => {
  const pair = await migrated();
  await withTarget(pair, async (db) => {
    await db.collection('params').insertOne({ _id: 'stray-key' as never, run_uuid: 'nobody', key: 'k', value: 'v' });
  });
  const compared = await app.migrate(pair, { validateOnly: true });
  expect(compared.report.status).toBe('completed-with-errors');
  expect(compared.code).toBe(3);
  expect(compared.report.validation).toMatchObject({
    counts: 'failed',
    content: 'ok',
    types: 'ok',
    references: 'failed',
  });
  expect(compared.report.validation.findings).toContainEqual(
    expect.objectContaining({ severity: 'error', check: 'counts', table: 'params', key: 'stray-key' }),
  );
  expect(compared.report.validation.findings).toContainEqual(
    expect.objectContaining({ severity: 'error', check: 'references', table: 'params' }),
  );
  const migratedAgain = await app.migrate(pair);
  expect(migratedAgain.code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
});

test('a stray document beside a missing one is removed although the numbers agree', async () => {
  const pair = await migrated();
  await withTarget(pair, async (db) => {
    const [tag] = await db.collection('tags').find().limit(1).toArray();
    await db.collection('tags').deleteOne({ _id: tag?._id as never });
    await db
      .collection('tags')
      .insertOne({ _id: 'stray-key' as never, run_uuid: tag?.['run_uuid'], key: 'stray', value: 'v' });
  });
  expect((await app.migrate(pair)).code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
});

test('an index that is missing comes back, and one that was made plain is unique again', async () => {
  const pair = await migrated();
  await withTarget(pair, async (db) => {
    await db.collection('runs').dropIndexes();
    await db.collection('params').dropIndexes();
    await db.collection('params').createIndex({ run_uuid: 1, key: 1 });
  });
  const compared = await app.migrate(pair, { validateOnly: true });
  expect(compared.code).toBe(3);
  expect(compared.report.validation.indexes).toBe('failed');
  expect(compared.report.validation.findings).toContainEqual({
    severity: 'error',
    check: 'indexes',
    table: 'params',
    message: expect.stringMatching(/^Index run_uuid_1_key_1 is not unique: .* --unique-indexes/),
  });
  const { code, report } = await app.migrate(pair);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  await withTarget(pair, async (db) => {
    const runs = await db.collection('runs').listIndexes().toArray();
    expect(runs.map(({ name }) => name)).toContain('experiment_id_1_start_time_-1');
    const params = await db.collection('params').listIndexes().toArray();
    expect(params).toContainEqual(expect.objectContaining({ name: 'run_uuid_1_key_1', unique: true }));
  });
});

test('a unique index that a document without a row stood in the way of is there after the same run', async () => {
  const pair = await migrated();
  await withTarget(pair, async (db) => {
    await db.collection('experiments').dropIndex('name_1');
    const experiment = await db.collection('experiments').findOne({});
    await db.collection('experiments').insertOne({ ...experiment, _id: 'stray-key' as never, experiment_id: 'stray' });
  });
  const { code, report } = await app.migrate(pair);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  const indexes = await withTarget(pair, (db) => db.collection('experiments').listIndexes().toArray());
  expect(indexes).toContainEqual(expect.objectContaining({ name: 'name_1', unique: true }));
  expect((await compare(pair)).differences).toEqual([]);
});

test('a new row takes the name of one that was deleted in one migration', async () => {
  const pair = await migrated();
  const insert = (id: number) =>
    `insert into experiments (experiment_id, name, lifecycle_stage) values (${id}, 'taken over', 'active');`;
  await runSql(pair.postgresUri, insert(9_001));
  expect((await app.migrate(pair)).code).toBe(0);
  await runSql(pair.postgresUri, `delete from experiments where experiment_id = 9001; ${insert(9_000)}`);
  const { code, report } = await app.migrate(pair);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
});

test('two rows with one name, which a broken index of the source let in, are told with both keys each time', async () => {
  const pair = await migrated();
  const ready = (is: boolean) =>
    `update pg_index set indisready = ${is}, indisvalid = ${is} where indexrelid = 'experiments_name_key'::regclass`;
  await runSql(pair.postgresUri, ready(false));
  await runSql(
    pair.postgresUri,
    `insert into experiments (experiment_id, name, lifecycle_stage) values (9001, 'twin', 'active'), (9002, 'twin', 'active')`,
  );
  await runSql(pair.postgresUri, ready(true));
  for (const body of [{}, { catchUp: true }]) {
    const { code, report } = await app.migrate(pair, body);
    expect(code).not.toBe(0);
    const findings = report.validation.findings.filter(({ severity, key }) => severity === 'error' && key === '9002');
    expect(findings).toContainEqual(
      expect.objectContaining({
        table: 'experiments',
        message: 'Its row and that of 9001 have the same value of the unique index name_1',
      }),
    );
  }
  const names = await withTarget(pair, (db) => db.collection('experiments').find({ name: 'twin' }).toArray());
  expect(names.map(({ _id }) => String(_id))).toEqual(['9001']);
});

test('rows that the source changed since then are brought over', async () => {
  const pair = await migrated();
  await runSql(
    pair.postgresUri,
    `update params set value = value || '!' where ctid in (select ctid from params limit 3);
     update metrics set step = step + 9007199254740993 where ctid in (select ctid from metrics limit 1)`,
  );
  expect((await app.migrate(pair)).code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
});

/** Names that change hands: two that were swapped, a chain, and a name that a row took over from one that was deleted. */
const NAMES_CHANGE_HANDS = `
  create table names as select experiment_id as id, name, row_number() over (order by experiment_id) as at from experiments where experiment_id > 0;
  update experiments set name = 'moving ' || experiment_id where experiment_id > 0;
  update experiments e set name = o.name from names n, names o
    where n.id = e.experiment_id and o.at = case n.at when 1 then 2 when 2 then 1 else n.at % (select max(at) from names) + 1 end
      and n.at <> (select max(at) from names);
  update experiments set name = 'the last of the chain' where name like 'moving %';
  drop table names;
  delete from experiments where experiment_id in
    (select experiment_id from experiments e where not exists (select from runs where runs.experiment_id = e.experiment_id)
       and not exists (select from experiment_tags t where t.experiment_id = e.experiment_id) order by 1 limit 1);`;

test.each(['tables', 'mlflow'] as const)(
  'names that change hands in the source are right after one catch-up, layout %s',
  async (layout) => {
    const pair = await app.pair('3.17.2');
    expect((await app.migrate(pair, { layout })).code).toBe(0);
    await runSql(
      pair.postgresUri,
      `insert into experiments (experiment_id, name, lifecycle_stage) select 900 + i, 'more ' || i, 'active' from generate_series(1, 6) i`,
    );
    expect((await app.migrate(pair, { layout, catchUp: true })).code).toBe(0);
    await runSql(pair.postgresUri, NAMES_CHANGE_HANDS);
    const { code, report } = await app.migrate(pair, { layout, catchUp: true });
    expect(report.problems).toEqual([]);
    expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(code).toBe(0);
    expect(report.tables['experiments']?.repaired).toBeGreaterThan(5);
    if (layout === 'tables') expect((await compare(pair)).differences).toEqual([]);
    const compared = await app.migrate(pair, { layout, validateOnly: true });
    expect(compared.code).toBe(0);
    const { total, unchanged } = compared.report.tables['experiments'] ?? {};
    expect(unchanged).toBe(total);
  },
);

test('counts only compares the numbers, none compares nothing', async () => {
  const pair = await migrated();
  await withTarget(pair, (db) => db.collection('params').insertOne({ _id: 'stray-key' as never }));
  const counts = await app.migrate(pair, { migration_settings: { validate: 'counts' } });
  expect(counts.report.validation).toMatchObject({
    counts: 'failed',
    types: 'skipped',
    indexes: 'skipped',
    content: 'skipped',
  });
  expect(counts.code).toBe(3);
  const none = await app.migrate(pair, { migration_settings: { validate: 'none' } });
  expect(none.report.validation).toMatchObject({ counts: 'skipped', references: 'skipped', content: 'skipped' });
  expect(none.code).toBe(0);
});

test('validating alone finds what differs, and writes nothing', async () => {
  const pair = await migrated();
  await withTarget(pair, async (db) => {
    await db.collection('params').updateMany({}, { $set: { value: Long.fromNumber(1) } });
  });
  const { code, report } = await app.migrate(pair, { validateOnly: true });
  expect(code).toBe(3);
  expect(report.validation).toMatchObject({ counts: 'ok', types: 'failed', content: 'failed' });
  expect(report.validation.findings).toContainEqual(
    expect.objectContaining({
      check: 'types',
      table: 'params',
      field: 'value',
      sourceType: 'string',
      targetType: 'int64',
    }),
  );
  expect(await withTarget(pair, (db) => db.collection('params').countDocuments({ value: { $type: 'string' } }))).toBe(
    0,
  );
});
