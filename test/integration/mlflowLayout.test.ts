import { createHash } from 'node:crypto';
import { type Document, Int32 } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIXTURE_VERSIONS, fixtureCounts } from '../support/fixtures.ts';
import { digests, type Outcome, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

const migrate = (pair: Pair, body: object = {}): Promise<Outcome> => app.migrate(pair, { layout: 'mlflow', ...body });

/** Documents of a collection, with the numbers' BSON types kept. */
function documents(pair: Pair, collection: string, filter: Document = {}): Promise<Document[]> {
  return withTarget(pair, (db) =>
    db
      .collection(collection)
      .find(filter, { promoteValues: false, promoteLongs: false, sort: { _id: 1 } })
      .toArray(),
  );
}

function expectComplete({ code, report }: Outcome): void {
  expect(report.problems).toEqual([]);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(code).toBe(0);
  expect(report.status).toBe('completed');
}

const migratedRows = ({ report }: Outcome): Record<string, number> =>
  Object.fromEntries(Object.entries(report.tables).map(([table, { migrated }]) => [table, migrated]));

describe.each(FIXTURE_VERSIONS)('a database that MLflow %s wrote', (version) => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await app.pair(version);
  });

  test('becomes documents of the store plugin, each row of each table counted once', async () => {
    const outcome = await migrate(pair);
    expectComplete(outcome);
    const { tables } = await fixtureCounts(version);
    expect(migratedRows(outcome)).toEqual(tables);
    for (const totals of Object.values(outcome.report.tables)) {
      expect(totals).toMatchObject({ total: totals.migrated, unchanged: 0, errors: 0, repaired: 0 });
    }
    for (const [collection, table] of [
      ['experiments', 'experiments'],
      ['runs', 'runs'],
      ['run_metrics', 'metrics'],
      ['model_versions', 'model_versions'],
      ['traces', 'trace_info'],
    ] as const) {
      expect(await withTarget(pair, (db) => db.collection(collection).countDocuments()), collection).toBe(
        tables[table] ?? 0,
      );
    }
  });

  test('is the same to the last bit after a second migration', async () => {
    const before = await digests(pair);
    const outcome = await migrate(pair);
    expectComplete(outcome);
    expect(await digests(pair)).toEqual(before);
  });

  test('holds whole numbers as integers and metric values as doubles', async () => {
    const isDouble = { $type: 'double' };
    const wrong = [
      ['runs', { $or: [{ start_time: isDouble }, { 'metrics.step': isDouble }, { 'outputs.step': isDouble }] }],
      ['run_metrics', { $or: [{ step: isDouble }, { timestamp: isDouble }, { v: { $not: isDouble } }] }],
      ['experiments', { $or: [{ _id: { $not: { $type: 'string' } } }, { creation_time: isDouble }] }],
      ['model_versions', { version: { $not: { $type: 'int' } } }],
      ['spans', { $or: [{ start_time_ns: { $not: { $type: 'long' } } }, { content: { $not: { $type: 'object' } } }] }],
    ] as const;
    for (const [collection, filter] of wrong) expect(await documents(pair, collection, filter), collection).toEqual([]);
  });
});

describe('what the newest release can hold', () => {
  let pair: Pair;
  let outcome: Outcome;

  beforeAll(async () => {
    pair = await app.pair('3.17.2');
    await runSql(
      pair.postgresUri,
      `with run as (select run_uuid as id from runs order by 1 limit 1),
            model as (select model_id as id, row_number() over (order by model_id) as place from logged_models)
       insert into metrics (run_uuid, key, value, timestamp, step, is_nan)
         select id, k, v, 5, 6, n from run, (values ('shared', 0.5, false), ('nan or 0', 0, false), ('nan or 0', 0, true), ('only nan', 0, true)) m (k, v, n);
       insert into logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, experiment_id, run_id, dataset_name)
         select m.id, k, 5, 6, v, 1, (select min(run_uuid) from runs), 'd' || m.place
           from (select model_id as id, row_number() over (order by model_id) as place from logged_models) m,
                (values ('shared', 0.5), ('nan or 0', 0), ('only nan', 0), ('lost', 7)) p (k, v)
          where m.place <= case k when 'shared' then 3 else 1 end;
       update spans set content = '' where (trace_id, span_id) = (select trace_id, span_id from spans order by 1, 2 limit 1);
       insert into inputs (input_uuid, source_type, source_id, destination_type, destination_id) values
         ('gone', 'DATASET', 'no dataset', 'RUN', 'no run'), ('odd', 'MODEL', 'x', 'ELSEWHERE', 'y');
       insert into input_tags (input_uuid, name, value) values ('gone', 'k', 'v');
       insert into entity_associations (association_id, source_type, source_id, destination_type, destination_id)
         values ('as-gone', 'trace', 'no trace', 'run', 'no run');`,
    );
    outcome = await migrate(pair);
  });

  test('arrives whole', async () => {
    expectComplete(outcome);
    const { tables } = await fixtureCounts('3.17.2');
    expect(migratedRows(outcome)).toEqual({
      ...tables,
      metrics: (tables['metrics'] ?? 0) + 4,
      logged_model_metrics: (tables['logged_model_metrics'] ?? 0) + 6,
      inputs: (tables['inputs'] ?? 0) + 2,
      input_tags: (tables['input_tags'] ?? 0) + 1,
      entity_associations: (tables['entity_associations'] ?? 0) + 1,
    });
  });

  test('a point that several models share is a document for each, and a model’s 0 is the 0 where NaN was logged too', async () => {
    const points = await documents(pair, 'run_metrics', { k: { $in: ['shared', 'nan or 0', 'only nan', 'lost'] } });
    const seen = points.map(
      ({ k, v, model_id, dataset_name }) => `${k} ${v} ${model_id === null ? null : dataset_name}`,
    );
    expect(seen.sort()).toEqual([
      'lost 7 d1',
      'nan or 0 0 d1',
      'nan or 0 NaN null',
      'only nan NaN d1',
      'shared 0.5 d1',
      'shared 0.5 d2',
      'shared 0.5 d3',
    ]);
  });

  test('rows without a place in any document stand in collections of their own', async () => {
    expect((await documents(pair, 'inputs')).map(({ input_uuid }) => input_uuid).sort()).toEqual(['gone', 'odd']);
    expect((await documents(pair, 'input_tags')).map(({ name }) => name)).toEqual(['k']);
    const associations = await documents(pair, 'entity_associations', { source_type: 'trace' });
    expect(associations.map(({ association_id }) => association_id)).toEqual(['as-gone']);
    expect((await documents(pair, 'spans_table')).map(({ content }) => content)).toEqual(['']);
    expect(await documents(pair, 'webhooks')).not.toEqual([]);
    const notes = outcome.report.validation.findings.filter(({ check }) => check === 'schema');
    expect(notes.map(({ table }) => table)).toEqual(expect.arrayContaining(['webhooks', 'scorers', 'inputs']));
  });

  test('a server that is older than the plugin asks for is told with both versions, and by this layout alone', async () => {
    const notes = ({ report }: Outcome) =>
      report.validation.findings.flatMap(({ table, message }) => (table === 'the target' ? [message] : []));
    const { target } = outcome.report.environment;
    // Ours is older; where tests have a newer one, nothing is to be said.
    const isOlder = Number.parseInt(target, 10) < 8;
    expect(notes(outcome)).toEqual(
      isOlder ? [expect.stringContaining(`MongoDB 8.0 or later, and the target is ${target}`)] : [],
    );
    expect(notes(await app.migrate(await app.pair('1.30.1'), {}, 'analyses'))).toEqual([]);
  });
});

test('a release before latest_metrics and most columns gets what the upgrade would compute', async () => {
  const newer = await app.pair('1.30.1');
  const older = await app.pair('1.30.1');
  await runSql(
    older.postgresUri,
    `drop table latest_metrics, registered_model_tags, model_version_tags;
     alter table experiments drop column creation_time, drop column last_update_time;
     alter table runs drop column deleted_time; update runs set name = '';
     alter table model_versions drop column run_link`,
  );
  expectComplete(await migrate(newer));
  expectComplete(await migrate(older));
  const runs = async (pair: Pair) =>
    (await documents(pair, 'runs')).map(({ _id, name, metrics, tags }) => ({ _id, name, metrics, tags }));
  expect(await runs(older)).toEqual(await runs(newer));
  const [experiment] = await documents(older, 'experiments', { _id: '0' });
  expect(experiment).toMatchObject({ name: 'Default', creation_time: null, last_update_time: null });
});

test('runs whose parameters together are larger than a page of them may be are read in smaller ones', async () => {
  const pair = await app.pair('1.30.1');
  await runSql(
    pair.postgresUri,
    `alter table params alter column value type text;
     insert into params (run_uuid, key, value)
       select run_uuid, 'big ' || i, repeat(md5(run_uuid || i), 1000) from (select run_uuid from runs limit 24) r, generate_series(1, 60) i`,
  );
  const outcome = await migrate(pair);
  expectComplete(outcome);
  const { tables } = await fixtureCounts('1.30.1');
  expect(outcome.report.tables['params']).toMatchObject({ migrated: (tables['params'] ?? 0) + 24 * 60 });
  const large = await documents(pair, 'runs', { 'params.k': 'big 60' });
  expect(large).toHaveLength(24);
});

describe('a database with workspaces', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await app.pair('3.17.2');
    await runSql(
      pair.postgresUri,
      `insert into workspaces (name) values ('team-a');
       insert into experiments (experiment_id, name, workspace, lifecycle_stage)
         select 900, name, 'team-a', 'active' from experiments where experiment_id = 1;
       insert into runs (run_uuid, experiment_id, name, status, lifecycle_stage) values ('team-run', 900, 'r', 'RUNNING', 'active');
       insert into params (run_uuid, key, value) values ('team-run', 'p', 'v');
       insert into metrics (run_uuid, key, value, timestamp, step, is_nan) values ('team-run', 'm', 1, 2, 3, false);
       insert into registered_models (name, workspace) select name, 'team-a' from registered_models order by name limit 2;
       insert into model_versions (name, workspace, version) select name, workspace, 1 from registered_models where workspace = 'team-a'`,
    );
  });

  test('is refused as a whole where names collide, and told which and what to choose', async () => {
    const { code, report } = await migrate(pair);
    expect(code).toBe(2);
    expect(report.status).toBe('failed');
    expect(report.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^1 name of an experiment is in several workspaces.*\(default, team-a\)$/),
      expect.stringMatching(/^2 names of registered models are in several workspaces/),
    ]);
    expect(report.problems[0]?.hint).toContain('--workspace NAME');
    expect(await documents(pair, 'experiments')).toEqual([]);
  });

  test('gives one workspace with everything below it, and counts that alone', async () => {
    const outcome = await migrate(pair, { workspace: 'team-a' });
    expectComplete(outcome);
    expect((await documents(pair, 'experiments')).map(({ _id }) => _id)).toEqual(['900']);
    expect(await documents(pair, 'runs')).toEqual([
      expect.objectContaining({ _id: 'team-run', params: [{ k: 'p', v: 'v' }] }),
    ]);
    expect(await documents(pair, 'run_metrics')).toHaveLength(1);
    expect(await documents(pair, 'model_versions')).toHaveLength(2);
    expect(await documents(pair, 'webhooks')).toEqual([]);
    expect(outcome.report.tables).toMatchObject({
      experiments: { total: 1, migrated: 1 },
      params: { total: 1, migrated: 1 },
      metrics: { total: 1, migrated: 1 },
      spans: { total: 0, migrated: 0 },
    });
  });

  test('has no workspace of another name', async () => {
    const { code, report } = await migrate(pair, { workspace: 'nobody' });
    expect(code).toBe(2);
    // That the target holds another workspace's migration is told too.
    expect(report.problems[0]).toMatchObject({ message: 'The source has no workspace nobody' });
    expect(report.problems[0]?.hint).toContain('default');
  });
});

test('another experiment named Default is told before anything is moved', async () => {
  const pair = await app.pair('2.22.5');
  await runSql(
    pair.postgresUri,
    `update experiments set name = 'was Default' where experiment_id = 0;
     update experiments set name = 'Default' where experiment_id = 1`,
  );
  const { code, report } = await migrate(pair);
  expect(code).toBe(1);
  expect(report.problems).toEqual([
    expect.objectContaining({ message: expect.stringContaining('Experiment 1 is named Default') }),
  ]);
});

describe('a target whose metric points have the ids of an earlier release', () => {
  /** Makes the record what that release would have left. */
  const forgetIds = (pair: Pair) =>
    withTarget(pair, async (db) => {
      const records = db.collection<Document & { _id: string }>('_migration');
      const found = await records.findOne({ _id: 'alembic_version' });
      const { _id, version_num, version_nums, layout, digest: _before, ...record } = found as Document;
      const claims = (record['collections'] as Document[]).map(({ ids: _ids, ...claim }) => claim);
      const stored = { ...record, version: 2, collections: claims };
      const digest = createHash('sha256').update(JSON.stringify(stored)).digest('hex');
      await records.replaceOne({ _id }, { version_num, version_nums, layout, ...stored, digest });
    });
  const recordOf = async (pair: Pair) =>
    (await documents(pair, '_migration', { _id: 'alembic_version' }))[0] as Document;
  const idsOf = async (pair: Pair) => {
    const claims = (await recordOf(pair))['collections'] as { name: string; ids?: unknown }[];
    return claims.flatMap(({ name, ids }) => (ids === undefined ? [] : [`${name} ${ids}`]));
  };
  const points = async (pair: Pair) => (await documents(pair, 'run_metrics')).map(({ _id }) => String(_id));

  test('keeps them in every run, until it is emptied', async () => {
    const pair = await app.pair('3.17.2');
    expectComplete(await migrate(pair));
    expect(await idsOf(pair)).toEqual(['run_metrics 2']);
    expect((await recordOf(pair))['version']).toEqual(new Int32(3));
    const newest = await points(pair);
    // Filled anew under a claim that says nothing of ids.
    await withTarget(pair, (db) => db.collection('run_metrics').deleteMany({}));
    await forgetIds(pair);
    expectComplete(await migrate(pair));
    const before = await points(pair);
    expect(before).toHaveLength(newest.length);
    expect(before.filter((id) => newest.includes(id))).toEqual([]);
    await runSql(
      pair.postgresUri,
      `insert into metrics (run_uuid, key, value, timestamp, step, is_nan)
         select min(run_uuid), 'later', 1, 2, 3, false from runs`,
    );
    for (const body of [{ catchUp: true }, {}, { validateOnly: true }]) {
      expectComplete(await migrate(pair, body));
      const after = await points(pair);
      expect(after).toHaveLength(before.length + 1);
      expect(after).toEqual(expect.arrayContaining(before));
    }
    expect(await idsOf(pair)).toEqual([]);
    expect((await recordOf(pair))['version']).toEqual(new Int32(2));
    expectComplete(await migrate(pair, { dropTarget: true }));
    expect(await points(pair)).toEqual(expect.arrayContaining(newest));
    expect(await idsOf(pair)).toEqual(['run_metrics 2']);
  });
});

test('two points of one id are told by the number of documents', async () => {
  const pair = await app.pair('1.30.1');
  // Made for the purpose: the second one's timestamp and step were solved for by the hash of the first.
  await runSql(
    pair.postgresUri,
    `insert into runs (run_uuid, experiment_id, name, status, lifecycle_stage) values ('c0111de0c0111de0c0111de0c0111de0', 0, 'r', 'RUNNING', 'active');
     insert into metrics (run_uuid, key, value, timestamp, step, is_nan) values
       ('c0111de0c0111de0c0111de0c0111de0', 'loss', 0.5, 1699998597120, 4000000000, false),
       ('c0111de0c0111de0c0111de0c0111de0', 'loss', 0.5458984375, 1697882615268, 3794272773, false)`,
  );
  const { code, report } = await migrate(pair);
  expect(code).toBe(1);
  expect(report.validation.findings.filter(({ severity }) => severity === 'error')).toEqual([
    expect.objectContaining({ check: 'counts', table: 'metrics' }),
  ]);
});
