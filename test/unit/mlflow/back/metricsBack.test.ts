import { assert, asyncProperty, bigInt, constantFrom, double, record, string } from 'fast-check';
import { expect, test } from 'vitest';
import { metricsBack } from '../../../../src/mlflow/layouts/plugin/back/backMetrics.ts';
import { bytesOf, collectionOf, layoutOf, METRICS, MODEL_METRICS, schemaOf } from '../layoutRows.ts';
import { broughtBack } from './returnedDocuments.ts';

const SCHEMA = schemaOf(METRICS, MODEL_METRICS);
const [, metrics, ofModels] = metricsBack(SCHEMA);
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const RUNS = { runs: [{ _id: 'run', experiment_id: '3' }] };

const points = record({
  run_uuid: constantFrom('run'),
  key: string({ minLength: 1 }).filter((text) => !text.includes('\0')),
  timestamp: bigInt(INT64),
  step: bigInt(INT64),
  value: double({ noNaN: true, noDefaultInfinity: true }),
});

test.each([1, 2] as const)('a point with an id of version %i comes back as the rows that it was', async (pointIds) => {
  const history = collectionOf(layoutOf(SCHEMA, { pointIds }), 'run_metrics');
  const forms = constantFrom('plain', 'nan', 'of a model', 'of a further model' as const);
  const property = asyncProperty(points, forms, async (point, form) => {
    const isNan = form === 'nan';
    const own = { ...point, value: isNan ? 0 : point.value, is_nan: isNan };
    const model = { model_id: 'm-1', dataset_name: 'd', dataset_digest: null, model_rows: 1n };
    const row = {
      ...own,
      ...(form.startsWith('of') ? model : { model_rows: 0n }),
      metric_rows: form === 'of a further model' ? -1n : 0n,
    };
    const standing = { schema: SCHEMA, documents: RUNS };
    const document = bytesOf(history, row);
    const back = await broughtBack(metrics, [document], standing);
    expect(back).toEqual({ rows: form === 'of a further model' ? [] : [own], faults: [] });
    if (!form.startsWith('of')) return;
    expect((await broughtBack(ofModels, [document], standing)).rows).toEqual([
      {
        model_id: 'm-1',
        metric_name: own.key,
        metric_timestamp_ms: own.timestamp,
        metric_step: own.step,
        metric_value: own.value,
        run_id: 'run',
        dataset_name: 'd',
        dataset_digest: null,
        experiment_id: '3',
      },
    ]);
  });
  await assert(property);
});
