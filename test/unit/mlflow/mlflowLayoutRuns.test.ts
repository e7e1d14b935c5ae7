import { Double, Int32, Long } from 'bson';
import { describe, expect, test } from 'vitest';
import { collectionOf, documentOf, layoutOf, lossesOf, METRICS, MODEL_METRICS, schemaOf, table } from './layoutRows.ts';

const RUNS = table('runs', [
  'run_uuid!',
  'name',
  'user_id',
  'status',
  'start_time:int8',
  'end_time:int8',
  'deleted_time:int8',
  'lifecycle_stage',
  'artifact_uri',
  'experiment_id:int4',
]);
const pairs = (name: string) => table(name, ['key!', 'value', 'run_uuid!']);
const LATEST = table('latest_metrics', [
  'key!',
  'value:float8',
  'timestamp:int8',
  'step:int8',
  'is_nan:bool',
  'run_uuid!',
]);
const INPUTS = table('inputs', [
  'input_uuid',
  'source_type!',
  'source_id!',
  'destination_type!',
  'destination_id!',
  'step:int8',
]);
const INPUT_TAGS = table('input_tags', ['input_uuid!', 'name!', 'value']);
const DATASETS = table('datasets', [
  'dataset_uuid',
  'experiment_id:int4!',
  'name!',
  'digest!',
  'dataset_source_type',
  'dataset_source',
  'dataset_schema',
  'dataset_profile',
]);

const FULL = schemaOf(RUNS, pairs('tags'), pairs('params'), LATEST, INPUTS, INPUT_TAGS, DATASETS);

const RUN = {
  run_uuid: 'a1b2',
  name: 'nightly',
  user_id: 'ada',
  status: 'FINISHED',
  start_time: 0n,
  end_time: 9007199254740993n,
  lifecycle_stage: 'active',
  artifact_uri: 's3://b/a1b2',
  experiment_id: 17n,
};

describe('a run', () => {
  test('holds its tags, parameters, latest metrics, datasets and models, whole numbers as int64', () => {
    const runs = collectionOf(layoutOf(FULL), 'runs');
    const document = documentOf(runs, RUN, {
      tags: [
        ['mlflow.runName', 'nightly'],
        ['empty', null],
      ],
      params: [['lr', '']],
      latest_metrics: [
        ['loss', 0.5, 1709164800000n, 9007199254740993n, false],
        ['nan', 0, null, -3n, true],
      ],
      inputs: [
        ['in1', 'données', 'd1', 's3', '{"uri": 1}', null, '{}', 2n],
        ['in2', 'other', 'd2', 'local', 'x', '{}', null, null],
      ],
      input_tags: [
        ['in1', 'mlflow.data.context', 'training'],
        ['in2', '$k', ''],
      ],
      'inputs/MODEL_INPUT': [['m-1', 0n]],
      'inputs/MODEL_OUTPUT': [
        ['m-2', 3n],
        ['m-2', 4n],
      ],
    });
    expect(document).toEqual({
      _id: 'a1b2',
      experiment_id: '17',
      name: 'nightly',
      artifact_uri: 's3://b/a1b2',
      user_id: 'ada',
      status: 'FINISHED',
      start_time: Long.fromNumber(0),
      end_time: Long.fromString('9007199254740993'),
      lifecycle_stage: 'active',
      tags: [
        { k: 'mlflow.runName', v: 'nightly' },
        { k: 'empty', v: '' },
      ],
      params: [{ k: 'lr', v: '' }],
      metrics: [
        {
          k: 'loss',
          v: new Double(0.5),
          timestamp: Long.fromNumber(1709164800000),
          step: Long.fromString('9007199254740993'),
          model_id: null,
          dataset_name: null,
          dataset_digest: null,
        },
        {
          k: 'nan',
          v: new Double(Number.NaN),
          timestamp: Long.fromNumber(0),
          step: Long.fromNumber(-3),
          model_id: null,
          dataset_name: null,
          dataset_digest: null,
        },
      ],
      inputs: {
        datasets: [
          {
            dataset: {
              name: 'données',
              digest: 'd1',
              source_type: 's3',
              source: '{"uri": 1}',
              schema: null,
              profile: '{}',
            },
            tags: [{ k: 'mlflow.data.context', v: 'training' }],
          },
          {
            dataset: { name: 'other', digest: 'd2', source_type: 'local', source: 'x', schema: '{}', profile: null },
            tags: [{ k: '$k', v: '' }],
          },
        ],
        models: [{ model_id: 'm-1' }],
      },
      outputs: [
        { model_id: 'm-2', step: Long.fromNumber(3) },
        { model_id: 'm-2', step: Long.fromNumber(4) },
      ],
    });
  });

  test('that was given a profile too large to be read says so', () => {
    const runs = collectionOf(layoutOf(FULL), 'runs');
    const inputs = [
      ['in1', 'a', 'd1', 's3', '{}', null, '{}', 2n],
      ['in2', 'b', 'd2', 's3', '{}', null, null, 17_000_000n],
    ] as const;
    expect(lossesOf(runs, RUN, { inputs })).toEqual(['error inputs.datasets.1.dataset.profile']);
    expect(documentOf(runs, RUN, { inputs })['inputs']['datasets'][1].dataset).toMatchObject({ profile: null });
  });

  test.each([[''], [null]])('named %j takes the name of its tag', (name) => {
    const runs = collectionOf(layoutOf(FULL), 'runs');
    const tagged = documentOf(runs, { ...RUN, name }, { tags: [['mlflow.runName', 'from the tag']] });
    expect(tagged['name']).toBe('from the tag');
    expect(documentOf(runs, { ...RUN, name })['name']).toBe(name);
  });

  test('of a release without the later columns and tables has what the plugin requires', () => {
    const oldRuns = table('runs', ['run_uuid!', 'name', 'user_id', 'status', 'start_time:int8', 'experiment_id:int4']);
    const runs = collectionOf(layoutOf(schemaOf(oldRuns)), 'runs');
    expect(documentOf(runs, { run_uuid: 'r', status: '4', experiment_id: 0n })).toEqual({
      _id: 'r',
      experiment_id: '0',
      name: null,
      artifact_uri: null,
      user_id: '',
      status: 'FAILED',
      start_time: Long.fromNumber(0),
      end_time: null,
      lifecycle_stage: 'active',
      tags: [],
      params: [],
      metrics: [],
      inputs: { datasets: [], models: [] },
      outputs: [],
    });
  });

  test('that was deleted says when', () => {
    const runs = collectionOf(layoutOf(FULL), 'runs');
    const deleted = documentOf(runs, { ...RUN, deleted_time: 5n, lifecycle_stage: 'deleted' });
    expect(deleted).toMatchObject({ deleted_time: Long.fromNumber(5), lifecycle_stage: 'deleted' });
  });

  test('of MLflow 1.0 gets the user tag that the upgrade made', () => {
    const schema = { ...schemaOf(RUNS, pairs('tags')), revisions: ['451aebb31d03'] };
    const runs = collectionOf(layoutOf(schema), 'runs');
    expect(documentOf(runs, RUN, { tags: [['a', 'b']] })['tags']).toEqual([
      { k: 'a', v: 'b' },
      { k: 'mlflow.user', v: 'ada' },
    ]);
    expect(documentOf(runs, RUN, { tags: [['mlflow.user', 'x']] })['tags']).toEqual([{ k: 'mlflow.user', v: 'x' }]);
  });

  test('takes its latest metrics from the history where no table keeps them', () => {
    const metrics = table('metrics', ['key!', 'value:float8!', 'timestamp:int8!', 'run_uuid!']);
    const runs = collectionOf(layoutOf(schemaOf(RUNS, metrics)), 'runs');
    expect(runs.children).toEqual([expect.objectContaining({ table: 'metrics', isCounted: false })]);
    expect(runs.children[0]).toMatchObject({
      from: expect.stringContaining('order by m.run_uuid, m.key, m."timestamp" desc, m.value desc'),
    });
  });
});

describe('a point of a metric', () => {
  const POINT = { run_uuid: '00ffab', key: 'loss', timestamp: 5n, step: -7n, value: 3, is_nan: false };

  test('is a document of its own whose id begins as the run does', () => {
    const history = collectionOf(layoutOf(schemaOf(RUNS, METRICS)), 'run_metrics');
    const document = documentOf(history, POINT);
    expect(document).toEqual({
      _id: expect.anything(),
      run_id: '00ffab',
      k: 'loss',
      v: new Double(3),
      timestamp: Long.fromNumber(5),
      step: Long.fromNumber(-7),
      model_id: null,
      dataset_name: null,
      dataset_digest: null,
    });
    expect(String(document['_id'])).toMatch(/^00ff[0-9a-f]{20}$/);
    expect(documentOf(history, POINT)['_id']).toEqual(document['_id']);
    expect(history.rowVersion).toBe('t.xmin');
  });

  test('has another id when any part of its key differs, and NaN where the row says so', () => {
    const history = collectionOf(layoutOf(schemaOf(RUNS, METRICS)), 'run_metrics');
    const changed = [{}, { key: 'los' }, { timestamp: 6n }, { step: 7n }, { value: 3.5 }, { is_nan: true }];
    const ids = changed.map((change) => String(documentOf(history, { ...POINT, ...change })['_id']));
    expect(new Set(ids).size).toBe(changed.length);
    expect(documentOf(history, { ...POINT, value: 0, is_nan: true })['v']).toEqual(new Double(Number.NaN));
  });

  test('stands once for its first model and again for each further one, and each row is counted once', () => {
    const history = collectionOf(layoutOf(schemaOf(RUNS, METRICS, MODEL_METRICS)), 'run_metrics');
    const first = {
      ...POINT,
      model_id: 'm-1',
      dataset_name: 'train',
      dataset_digest: 'd',
      model_rows: 1n,
      metric_rows: 0n,
    };
    const further = { ...first, model_id: 'm-2', metric_rows: -1n };
    const plain = { ...POINT, model_rows: 0n, metric_rows: 0n };
    expect(documentOf(history, first)).toMatchObject({ model_id: 'm-1', dataset_name: 'train', dataset_digest: 'd' });
    expect(documentOf(history, first)['_id']).toEqual(documentOf(history, plain)['_id']);
    expect(documentOf(history, further)['_id']).not.toEqual(documentOf(history, plain)['_id']);
    expect(history.children).toEqual([
      { table: 'logged_model_metrics', countAt: 9, where: null, isCounted: true },
      { table: 'metrics', countAt: 10, where: null, isCounted: true },
    ]);
    expect(history.select[9]).toBe('t.model_rows');
    expect(history.select[10]).toBe('t.metric_rows');
  });

  test('is looked for in both tables within the bounds of a range', () => {
    const history = collectionOf(layoutOf(schemaOf(RUNS, METRICS, MODEL_METRICS)), 'run_metrics');
    const from = history.fromWithin?.(["'a'", "'k'", "'1'", "'2'"], ["'b'", "'l'", "'3'", "'4'"]);
    expect(from).toContain(`(run_uuid, key, "timestamp", step) >= ('a', 'k', '1', '2')`);
    expect(from).toContain(`(l.run_id, l.metric_name, l.metric_timestamp_ms, l.metric_step) < ('b', 'l', '3', '4')`);
  });

  test('of the first schemas has step 0 and no NaN', () => {
    const oldMetrics = table('metrics', ['key!', 'value:float8', 'timestamp:int8!', 'run_uuid!']);
    const history = collectionOf(layoutOf(schemaOf(RUNS, oldMetrics)), 'run_metrics');
    expect(history.select).toContain('0::int8::int8');
    expect(history.cutBy).toEqual(['t.run_uuid', 't.key', 't."timestamp"']);
  });
});

test('an experiment has its id as text and null for times that were not kept', () => {
  const experiments = table('experiments', ['experiment_id:int4!', 'name', 'artifact_location', 'lifecycle_stage']);
  const tags = table('experiment_tags', ['key!', 'value', 'experiment_id:int4!']);
  const definition = collectionOf(layoutOf(schemaOf(experiments, tags)), 'experiments');
  const document = documentOf(
    definition,
    { experiment_id: 0n, name: '$where', artifact_location: null, lifecycle_stage: 'deleted' },
    { experiment_tags: [['a.b', '']] },
  );
  expect(document).toEqual({
    _id: '0',
    name: '$where',
    artifact_location: '',
    lifecycle_stage: 'deleted',
    creation_time: null,
    last_update_time: null,
    tags: [{ k: 'a.b', v: '' }],
  });
});

test('versions refer to their model, number as int32, and the counter follows the greatest of them', () => {
  const models = table('registered_models', [
    'name!',
    'creation_time:int8',
    'last_updated_time:int8',
    'description',
    'workspace!',
  ]);
  const modelTags = table('registered_model_tags', ['key!', 'value', 'name!', 'workspace!']);
  const aliases = table('registered_model_aliases', ['alias!', 'version:int4', 'name!', 'workspace!']);
  const versions = table('model_versions', [
    'name!',
    'version:int4!',
    'workspace!',
    'creation_time:int8',
    'current_stage',
    'status',
    'run_id',
  ]);
  const layout = layoutOf(schemaOf(models, modelTags, aliases, versions));
  const model = documentOf(
    collectionOf(layout, 'registered_models'),
    { name: 'a/b', creation_time: 1n, description: '' },
    {
      registered_model_tags: [['mlflow.prompt.is_prompt', 'true']],
      registered_model_aliases: [['prod', 3n]],
      model_versions: [[7n]],
    },
  );
  expect(model).toEqual({
    _id: expect.anything(),
    name: 'a/b',
    creation_timestamp: Long.fromNumber(1),
    last_updated_timestamp: null,
    description: '',
    tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }],
    aliases: [{ alias: 'prod', version: new Int32(3) }],
    deployment_job_id: null,
    version_counter: new Int32(7),
  });
  const version = documentOf(collectionOf(layout, 'model_versions'), {
    name: 'a/b',
    version: 7n,
    creation_time: 2n,
    status: 'READY',
  });
  expect(version).toEqual({
    _id: expect.anything(),
    registered_model_id: model['_id'],
    version: new Int32(7),
    creation_timestamp: Long.fromNumber(2),
    last_updated_timestamp: null,
    description: null,
    user_id: null,
    current_stage: 'None',
    source: null,
    storage_location: null,
    run_id: null,
    run_link: null,
    status: 'READY',
    status_message: null,
    tags: [],
    model_id: null,
  });
});

test('a logged model names its status', () => {
  const models = table('logged_models', [
    'model_id!',
    'experiment_id:int4',
    'name',
    'artifact_location',
    'creation_timestamp_ms:int8',
    'last_updated_timestamp_ms:int8',
    'status:int4',
    'lifecycle_stage',
    'model_type',
    'source_run_id',
    'status_message',
  ]);
  const params = table('logged_model_params', ['model_id!', 'param_key!', 'param_value']);
  const definition = collectionOf(layoutOf(schemaOf(models, params)), 'logged_models');
  const document = documentOf(
    definition,
    {
      model_id: 'm-1',
      experiment_id: 4n,
      name: 'n',
      artifact_location: 'l',
      creation_timestamp_ms: 1n,
      last_updated_timestamp_ms: 2n,
      status: 2n,
      lifecycle_stage: 'active',
    },
    { logged_model_params: [['i', '9']] },
  );
  expect(document).toEqual({
    _id: 'm-1',
    experiment_id: '4',
    name: 'n',
    artifact_location: 'l',
    creation_timestamp: Long.fromNumber(1),
    last_updated_timestamp: Long.fromNumber(2),
    status: 'READY',
    status_message: null,
    lifecycle_stage: 'active',
    source_run_id: null,
    model_type: null,
    tags: [],
    params: [{ k: 'i', v: '9' }],
  });
});
