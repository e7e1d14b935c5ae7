import { Double, Long, ObjectId } from 'bson';
import { describe, expect, test } from 'vitest';
import { returnings } from '../../../../src/mlflow/layouts/plugin/back/returnings.ts';
import { schemaOf, table } from '../layoutRows.ts';
import { broughtBack, type Standing } from './returnedDocuments.ts';

const POINT = ['run_uuid', 'key', 'value', 'timestamp', 'step', 'is_nan'];
const schema = schemaOf(
  table('experiments', ['experiment_id', 'name', 'lifecycle_stage', 'workspace']),
  table('experiment_tags', ['experiment_id', 'key', 'value']),
  table('runs', ['run_uuid', 'experiment_id', 'name', 'user_id', 'source_type']),
  table('tags', ['run_uuid', 'key', 'value']),
  table('latest_metrics', POINT),
  table('metrics', POINT),
  table('logged_model_metrics', ['model_id', 'metric_name', 'metric_value', 'run_id', 'experiment_id']),
  table('datasets', ['dataset_uuid', 'experiment_id', 'name', 'digest', 'dataset_source', 'dataset_source_type']),
  table('inputs', ['input_uuid', 'source_type', 'source_id', 'destination_type', 'destination_id', 'step']),
  table('input_tags', ['input_uuid', 'name', 'value']),
);

function rowsBack(name: string, page: readonly object[], standing: Partial<Standing> = {}) {
  const mapping = returnings(standing.schema ?? schema).find((one) => one.table === name);
  return broughtBack(mapping, page as never, { schema, ...standing });
}

describe('runs', () => {
  const run = { _id: 'r1', experiment_id: '3', user_id: 'u', tags: [{ k: 'mlflow.runName', v: 'tagged' }] };

  test('a run without a name of its own stays so as long as it bears that of its tag', async () => {
    const rows = { runs: [{ id: 'r1', name: null, tagged: 'tagged' }] };
    const unchanged = await rowsBack('runs', [{ ...run, name: 'tagged' }], { rows });
    expect(unchanged.rows).toMatchObject([{ experiment_id: '3', name: null, source_type: 'UNKNOWN' }]);
    // Whoever renames it changes the tag as well.
    const renamed = { ...run, name: 'renamed', tags: [{ k: 'mlflow.runName', v: 'renamed' }] };
    expect((await rowsBack('runs', [renamed], { rows })).rows).toMatchObject([{ name: 'renamed' }]);
    expect((await rowsBack('runs', [{ ...run, name: 'tagged' }])).rows).toMatchObject([{ name: 'tagged' }]);
  });

  test('what no column takes is a fault', async () => {
    const { faults } = await rowsBack('runs', [{ ...run, experiment_id: 'absent', stray: 1 }]);
    expect(faults).toEqual(['stray: the table has no such column', 'experiment_id: there is no such experiment']);
    const earlier = schemaOf(table('runs', ['run_uuid', 'experiment_id', 'name', 'user_id']));
    const homeless = await rowsBack('runs', [{ ...run, inputs: [], outputs: [{ model_id: 'm', step: 1 }] }], {
      schema: earlier,
    });
    expect(homeless.faults).toEqual(['outputs: this release of MLflow has no table for models of runs']);
  });

  test('tags are pairs of unique keys and nothing else', async () => {
    const two = [
      { k: 'a', v: '1' },
      { k: 'a', v: '2' },
    ];
    expect((await rowsBack('tags', [{ _id: 'r1', tags: two }])).faults).toEqual(['tags: it has one key twice']);
    const more = [{ k: 'a', v: '1', w: 2 }];
    expect((await rowsBack('tags', [{ _id: 'r1', tags: more }])).faults).toHaveLength(1);
    expect((await rowsBack('tags', [{ _id: 'r1', tags: 'none' }])).faults).toEqual(['tags: it is no list']);
  });
});

describe('metrics', () => {
  const point = (v: number) => ({
    run_id: 'r1',
    k: 'm',
    v: new Double(v),
    timestamp: Long.fromNumber(5),
    step: Long.ZERO,
  });

  test('a value is what the SQL store makes of it', async () => {
    const page = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5].map((v) => ({
      _id: new ObjectId(),
      ...point(v),
      model_id: null,
    }));
    const { rows } = await rowsBack('metrics', page);
    expect(rows.map(({ value, is_nan: isNan }) => [value, isNan])).toEqual([
      [0, true],
      [Number.MAX_VALUE, false],
      [-Number.MAX_VALUE, false],
      [0.5, false],
    ]);
  });

  test('the point of a model has the experiment of its run', async () => {
    const page = [{ _id: new ObjectId(), ...point(Number.NaN), model_id: 'm-1' }];
    const documents = { runs: [{ _id: 'r1', experiment_id: '3' }] };
    const { rows } = await rowsBack('logged_model_metrics', page, { documents });
    expect(rows).toMatchObject([{ model_id: 'm-1', run_id: 'r1', metric_value: 0, experiment_id: '3' }]);
    expect((await rowsBack('logged_model_metrics', page)).faults).toEqual([
      'run_id: the run of this point is not there',
    ]);
  });

  test('what MLflow of that release has no table for is a fault', async () => {
    const earlier = schemaOf(table('metrics', POINT));
    const { faults } = await rowsBack('metrics', [{ _id: new ObjectId(), ...point(1), model_id: 'm-1' }], {
      schema: earlier,
    });
    expect(faults).toEqual(['model_id: this release of MLflow has no table for metrics of logged models']);
  });
});

describe('inputs', () => {
  const dataset = { name: 'd', digest: 'x', source_type: 'local', source: '{}', schema: null, profile: null };
  const run = {
    _id: 'r1',
    experiment_id: '3',
    inputs: { datasets: [{ dataset, tags: [{ k: 'c', v: 'train' }] }], models: [] },
  };
  const standing = {
    run: 'r1',
    name: 'd',
    digest: 'x',
    experiment_id: '9',
    source_type: 'DATASET',
    dataset_uuid: 'old',
    input_uuid: 'edge',
  };

  test('a dataset keeps the identifiers that it has, and a new one gets the same each time', async () => {
    const rows = { inputs: [standing] };
    expect((await rowsBack('inputs', [run], { rows })).rows).toMatchObject([{ input_uuid: 'edge', source_id: 'old' }]);
    expect((await rowsBack('input_tags', [run], { rows })).rows).toEqual([
      { input_uuid: 'edge', name: 'c', value: 'train' },
    ]);
    const [fresh] = (await rowsBack('datasets', [run])).rows;
    expect(fresh).toMatchObject({ experiment_id: '3', name: 'd', dataset_source: '{}' });
    expect((await rowsBack('inputs', [run])).rows).toMatchObject([{ source_id: fresh?.['dataset_uuid'] }]);
    expect((await rowsBack('datasets', [run])).rows).toEqual([fresh]);
  });

  test('a run of before the migration has the dataset of its content, whichever experiment that is of', async () => {
    const migrated = { ...run, start_time: Long.fromNumber(1) };
    const of = (experiment: number, source: string) => ({
      experiment_id: experiment,
      name: 'd',
      digest: 'x',
      dataset_uuid: `of ${experiment}`,
      dataset_source_type: 'local',
      dataset_source: source,
    });
    const found = async (datasets: readonly object[], newest = 1n) => {
      const [edge] = (await rowsBack('inputs', [migrated], { newest, documents: { datasets } })).rows;
      return edge?.['source_id'];
    };
    expect(await found([of(7, '{"a":1}'), of(8, '{}')])).toBe('of 8');
    expect(await found([of(3, '{"a":1}'), of(8, '{}')])).toBe('of 8');
    expect(await found([of(8, '{}'), of(3, '{}')])).toBe('of 3');
    // Without its content anywhere, that of its own experiment, or the only one of that name.
    expect(await found([of(3, '{"a":1}'), of(8, '{"a":1}')])).toBe('of 3');
    expect(await found([of(8, '{"a":1}')])).toBe('of 8');
    expect(await found([of(8, '{}')], 0n)).not.toBe('of 8');
  });

  test('one dataset twice in a run, and what the plugin does not write, are faults', async () => {
    const [one] = run.inputs.datasets;
    const twice = { ...run, inputs: { datasets: [one, one], models: [] } };
    expect((await rowsBack('inputs', [twice])).faults).toEqual(['inputs.datasets: it has one dataset twice']);
    const odd = { ...run, inputs: { datasets: [], models: [{ model_id: 'm', role: 'x' }], more: [] } };
    expect((await rowsBack('inputs', [odd])).faults).toHaveLength(1);
    const model = { ...run, inputs: [], outputs: [{ model_id: 'm', step: Long.fromNumber(2) }] };
    expect((await rowsBack('inputs', [model])).rows).toMatchObject([
      { source_type: 'RUN_OUTPUT', source_id: 'r1', destination_type: 'MODEL_OUTPUT', destination_id: 'm', step: 2n },
    ]);
  });
});
