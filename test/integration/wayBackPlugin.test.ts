import { Double, Int32, Long, ObjectId } from 'mongodb';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LEFT_TABLES } from '../../src/steps/back/queueRollups.ts';
import { type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';
import { bringBack, emptied, query } from '../support/wayBack.ts';

let app: TestApp;
/** One pair for all: the tests go on from each other, as a migration takes longer than any of them. */
let pair: Pair;

beforeAll(async () => {
  app = await TestApp.start();
  pair = await app.pair('3.18.0');
  const { code } = await app.migrate(pair, { layout: 'mlflow' });
  expect(code).toBe(0);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

const dryRun = { migration_settings: { dry_run: true } };
const nothing = { inserted: 0, changed: 0, deleted: 0 };
const EXPERIMENT = '170141183460469231731687303715884105727';
const RUN = 'f'.repeat(32);
const MODEL = `m-${'e'.repeat(32)}`;

async function select<R extends pg.QueryResultRow>(of: Pair, sql: string): Promise<R[]> {
  return (await query<R>(of, sql)).rows;
}

/** Rows of a table as texts, without columns that the plugin's documents have no place for. */
async function rowsOf(of: Pair, table: string, without: readonly string[]): Promise<string[]> {
  const rows = await select<Record<string, unknown>>(of, `select * from ${table}`);
  const kept = rows.map((row) => Object.entries(row).filter(([column]) => !without.includes(column)));
  return kept.map((row) => JSON.stringify(row)).toSorted();
}

/** Columns whose values are made anew where no row is there to keep them. */
const WITHOUT_PLACE: Readonly<Record<string, readonly string[]>> = {
  inputs: ['input_uuid'],
  input_tags: ['input_uuid'],
  entity_associations: ['association_id', 'created_time'],
  trace_info: ['db_payload_generation'],
};

const point = (k: string, v: number, step: number, model: string | null = null) => ({
  k,
  v: new Double(v),
  timestamp: Long.fromNumber(1_700_000_000_000),
  step: new Int32(step),
  model_id: model,
  dataset_name: null,
  dataset_digest: null,
});

/** What MLflow does over the plugin after a cut-over, as the plugin writes it. */
async function change(
  of: Pair,
): Promise<Readonly<Record<'gone' | 'renamed' | 'tagged' | 'deleted' | 'changed', string>>> {
  return await withTarget(of, async (db) => {
    const now = Long.fromNumber(1_700_000_000_000);
    await db.collection('experiments').insertOne({
      _id: EXPERIMENT as never,
      name: 'of the plugin',
      artifact_location: `s3://bucket/${EXPERIMENT}`,
      lifecycle_stage: 'active',
      creation_time: now,
      last_update_time: now,
      tags: [{ k: 'team', v: 'ü' }],
    });
    const points = [point('loss', 0.5, 1), point('nan', Number.NaN, 2), point('up', Number.POSITIVE_INFINITY, 3)];
    const ofModel = point('acc', 0.25, 4, MODEL);
    const logged = [...points, ofModel, { ...ofModel, model_id: `${MODEL}2` }, point('loss', 0.5, 1)];
    await db
      .collection('run_metrics')
      .insertMany(logged.map((one) => ({ ...one, _id: new ObjectId(), run_id: RUN })) as never[]);
    const dataset = { name: 'data', digest: 'd1', source_type: 'local', source: '{}', schema: null, profile: null };
    await db.collection('runs').insertOne({
      _id: RUN as never,
      experiment_id: EXPERIMENT,
      name: 'back',
      artifact_uri: `s3://bucket/${EXPERIMENT}/${RUN}/artifacts`,
      user_id: 'someone',
      status: 'FINISHED',
      start_time: new Int32(7),
      end_time: now,
      lifecycle_stage: 'active',
      tags: [{ k: 'mlflow.runName', v: 'back' }],
      params: [{ k: 'p', v: '' }],
      metrics: [...points, ofModel],
      inputs: {
        datasets: [{ dataset, tags: [{ k: 'mlflow.data.context', v: 'train' }] }],
        models: [{ model_id: MODEL }],
      },
      outputs: [
        { model_id: MODEL, step: new Int32(3) },
        { model_id: MODEL, step: new Int32(3) },
      ],
    });
    for (const id of [MODEL, `${MODEL}2`]) {
      await db.collection('logged_models').insertOne({
        _id: id as never,
        experiment_id: EXPERIMENT,
        name: 'model',
        artifact_location: `s3://bucket/${id}`,
        creation_timestamp: now,
        last_updated_timestamp: now,
        status: 'PENDING',
        status_message: null,
        lifecycle_stage: 'active',
        source_run_id: RUN,
        model_type: null,
        tags: [{ k: 't', v: 'v' }],
        params: [{ k: 'lr', v: '1' }],
      });
    }
    const runs = await db
      .collection('runs')
      .find({ lifecycle_stage: 'active', 'tags.1': { $exists: true } })
      .limit(2)
      .toArray();
    const [gone, tagged] = runs.map(({ _id }) => String(_id)) as [string, string];
    await db
      .collection('runs')
      .updateOne({ _id: gone as never }, { $set: { lifecycle_stage: 'deleted', deleted_time: now } });
    await db.collection('runs').updateOne({ _id: tagged as never }, { $pop: { tags: 1 } } as never);
    const [experiment] = await db
      .collection('experiments')
      .find({ _id: '1' as never })
      .toArray();
    await db
      .collection('experiments')
      .updateOne({ _id: experiment?._id as never }, { $set: { name: 'renamed', last_update_time: now } });
    // One that the plugin deletes, and one that it changes.
    const traces = await db.collection('traces').find({ linked_prompts: null }).limit(2).toArray();
    const [deleted, changed] = traces.map(({ _id }) => String(_id)) as [string, string];
    for (const name of ['spans', 'assessments']) await db.collection(name).deleteMany({ trace_id: deleted });
    await db.collection('traces').deleteOne({ _id: deleted as never });
    await db
      .collection('traces')
      .updateOne({ _id: changed as never }, { $push: { tags: { k: 'late', v: 'é' }, run_ids: RUN } } as never);
    return { gone, renamed: String(experiment?._id), tagged, deleted, changed };
  });
}

test('what was migrated comes back as it was: to its source without a change, to an empty database whole', async () => {
  const plan = await bringBack(app, pair, dryRun);
  expect(plan).toMatchObject({ status: 'completed', into: 'source', layout: 'mlflow', totals: nothing, problems: [] });
  const empty = await emptied(app, pair, '3.18.0');
  const report = await bringBack(app, empty);
  expect(report).toMatchObject({ status: 'completed', into: 'empty', isWritten: true, problems: [], faults: [] });
  const different: string[] = [];
  for (const { name } of await select<{ name: string }>(
    pair,
    `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'alembic_version' order by 1`,
  )) {
    const without = WITHOUT_PLACE[name] ?? [];
    const [there, here] = [await rowsOf(pair, name, without), await rowsOf(empty, name, without)];
    if (there.join('\n') !== here.join('\n')) different.push(name);
  }
  // Daily sums follow from the rest, and MLflow makes them anew.
  expect(different).toEqual([...LEFT_TABLES].toSorted());
});

test('what the plugin has written comes back as the SQL store writes it, and a second run finds nothing to do', async () => {
  const [most] = await select<{ id: number }>(pair, 'select max(experiment_id) as id from experiments');
  const { gone, renamed, tagged, deleted, changed } = await change(pair);
  const [before] = await select<{ tags: string }>(
    pair,
    `select count(*)::text as tags from tags where run_uuid = '${tagged}'`,
  );
  const report = await bringBack(app, pair);
  expect(report).toMatchObject({ status: 'completed', into: 'source', isWritten: true, faults: [], problems: [] });
  const number = (most?.id ?? 0) + 1;
  const listed = [{ id: EXPERIMENT, name: 'of the plugin', number: String(number) }];
  expect(report.experiments).toEqual({ count: 1, listed });
  expect(await select(pair, `select experiment_id, workspace from experiments where name = 'of the plugin'`)).toEqual([
    { experiment_id: number, workspace: 'default' },
  ]);
  expect(await select(pair, `select name from experiments where experiment_id = ${renamed}`)).toEqual([
    { name: 'renamed' },
  ]);
  expect(await select(pair, `select lifecycle_stage, deleted_time from runs where run_uuid = '${gone}'`)).toEqual([
    { lifecycle_stage: 'deleted', deleted_time: '1700000000000' },
  ]);
  const [after] = await select<{ tags: string }>(
    pair,
    `select count(*)::text as tags from tags where run_uuid = '${tagged}'`,
  );
  expect(Number(after?.tags)).toBe(Number(before?.tags) - 1);
  expect(
    await select(
      pair,
      `select experiment_id, source_type, source_name, status, end_time from runs where run_uuid = '${RUN}'`,
    ),
  ).toEqual([
    { experiment_id: number, source_type: 'UNKNOWN', source_name: '', status: 'FINISHED', end_time: '1700000000000' },
  ]);
  const points = [
    { key: 'acc', value: 0.25, step: '4', is_nan: false },
    { key: 'loss', value: 0.5, step: '1', is_nan: false },
    { key: 'nan', value: 0, step: '2', is_nan: true },
    { key: 'up', value: Number.MAX_VALUE, step: '3', is_nan: false },
  ];
  for (const table of ['metrics', 'latest_metrics'])
    expect(
      await select(pair, `select key, value, step, is_nan from ${table} where run_uuid = '${RUN}' order by key`),
    ).toEqual(points);
  expect(
    await select(
      pair,
      `select model_id, metric_value, experiment_id from logged_model_metrics where run_id = '${RUN}' order by 1`,
    ),
  ).toEqual([MODEL, `${MODEL}2`].map((id) => ({ model_id: id, metric_value: 0.25, experiment_id: number })));
  expect(
    await select(
      pair,
      `select i.source_type, i.destination_type, d.name, g.value, i.step from inputs i left join datasets d on d.dataset_uuid = i.source_id
         left join input_tags g using (input_uuid) where '${RUN}' in (i.source_id, i.destination_id) order by 1`,
    ),
  ).toEqual([
    { source_type: 'DATASET', destination_type: 'RUN', name: 'data', value: 'train', step: '0' },
    { source_type: 'RUN_INPUT', destination_type: 'MODEL_INPUT', name: null, value: null, step: '0' },
    { source_type: 'RUN_OUTPUT', destination_type: 'MODEL_OUTPUT', name: null, value: null, step: '3' },
  ]);
  for (const table of ['trace_info', 'trace_tags', 'trace_request_metadata'])
    expect(await select(pair, `select from ${table} where request_id = '${deleted}'`)).toEqual([]);
  expect(await select(pair, `select value from trace_tags where request_id = '${changed}' and key = 'late'`)).toEqual([
    { value: 'é' },
  ]);
  expect(await select(pair, `select destination_id from entity_associations where destination_id = '${RUN}'`)).toEqual([
    { destination_id: RUN },
  ]);
  // What MLflow has summed up of these days it makes anew.
  expect(
    await select(
      pair,
      `select experiment_id, rollup_day from sql_trace_metric_daily_rollups
       except select experiment_id, rollup_day from sql_trace_rollup_rebuild_queue where rollup_family = 'trace_metric'`,
    ),
  ).toEqual([]);
  const second = await bringBack(app, pair);
  expect(second).toMatchObject({ status: 'completed', isWritten: false, totals: nothing, experiments: { listed } });
});

test('names that experiments have exchanged, or taken over from each other, come back', async () => {
  const names = async () =>
    await select<{ id: number; name: string }>(
      pair,
      'select experiment_id as id, name from experiments where experiment_id between 1 and 4 order by 1',
    );
  const before = await names();
  expect(before.length).toBe(4);
  const given = before.map(({ id }, index) => ({ id, name: before.at(index - 1)?.name ?? '' }));
  await withTarget(pair, async (db) => {
    const experiments = db.collection('experiments');
    const rename = async (id: number, name: string) =>
      void (await experiments.updateOne({ _id: String(id) as never }, { $set: { name } }));
    for (const { id } of given) await rename(id, `in passing ${id}`);
    for (const { id, name } of given) await rename(id, name);
  });
  const report = await bringBack(app, pair);
  expect(report).toMatchObject({
    status: 'completed',
    isWritten: true,
    totals: { ...nothing, changed: given.length },
    problems: [],
  });
  expect(await names()).toEqual(given);
});

test('an experiment keeps its number when another one takes its name', async () => {
  const other = '170141183460469231731687303715884105726';
  const numberOf = async (name: string) =>
    (await select<{ id: number }>(pair, `select experiment_id as id from experiments where name = '${name}'`))[0]?.id;
  const number = await numberOf('of the plugin');
  await withTarget(pair, async (db) => {
    const experiments = db.collection('experiments');
    await experiments.updateOne({ _id: EXPERIMENT as never }, { $set: { name: 'was of the plugin' } });
    const before = await experiments.findOne({ _id: EXPERIMENT as never });
    await experiments.insertOne({
      ...before,
      _id: other as never,
      name: 'of the plugin',
      artifact_location: `s3://bucket/${other}`,
    });
  });
  const report = await bringBack(app, pair);
  expect(report).toMatchObject({ status: 'completed', isWritten: true, problems: [] });
  expect(await numberOf('was of the plugin')).toBe(number);
  expect(await numberOf('of the plugin')).toBe(Number(number) + 1);
  expect(await select(pair, `select experiment_id from runs where run_uuid = '${RUN}'`)).toEqual([
    { experiment_id: number },
  ]);
});

test('an experiment keeps its number when it is renamed, and what PostgreSQL has got since is not undone', async () => {
  await withTarget(pair, (db) =>
    db.collection('experiments').updateOne({ _id: EXPERIMENT as never }, { $set: { name: 'another name' } }),
  );
  const plan = await bringBack(app, pair, dryRun);
  expect(plan.tables['experiments']).toMatchObject({ inserted: 0, changed: 1, deleted: 0 });
  expect(plan.totals).toMatchObject({ inserted: 0, changed: 1, deleted: 0 });
  await runSql(pair.postgresUri, `insert into tags (run_uuid, key, value) values ('${RUN}', 'since', '')`);
  expect((await bringBack(app, pair, dryRun)).problems[0]?.message).toMatch(
    /written to since .*tags \(1 rows written\)/,
  );
  await runSql(pair.postgresUri, "delete from tags where key = 'since'");
});

test('what SQL has no place for is listed by key, and nothing is written', async () => {
  await withTarget(pair, async (db) => {
    await db.collection('runs').updateOne({ _id: RUN as never }, { $set: { stray: 1, 'metrics.0.v': 'text' } });
    await db.collection('logged_models').updateOne({ _id: MODEL as never }, { $set: { status: 'UNKNOWN' } });
  });
  const report = await bringBack(app, pair);
  expect(report).toMatchObject({ status: 'failed', isWritten: false, problems: [{ kind: 'unsupported-value' }] });
  expect(report.faults.map(({ table, key, field }) => [table, key, field]).toSorted()).toEqual([
    ['latest_metrics', RUN, 'value'],
    ['logged_models', MODEL, 'status'],
    ['runs', RUN, 'stray'],
  ]);
});
