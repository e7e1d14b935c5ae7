import type { LayoutOptions } from '../../../contract/plan.ts';
import type { SourceTable } from '../../../contract/sourceSchema.ts';
import { fieldName } from '../../../encoding/bsonWriter.ts';
import { ID_FIELD } from '../../../encoding/documentId.ts';
import type { CollectionDefinition } from '../layout.ts';
import { rowKey } from '../rowKey.ts';
import { nullElements, writeInt64OrZero, writeMetricValue, writeText } from './fields.ts';
import { ChildList, type LayoutPart, NO_PART, ownVersion, pluginIndex, pluginReference } from './layoutPart.ts';
import type { LayoutSource } from './layoutSource.ts';
import { type Bound, loneModelPoints, MODEL_METRIC_COLUMNS, pointsOfModels } from './modelPoints.ts';
import { writeObjectId } from './objectIds.ts';
import { hashedPointId, mixedPointId, POINT } from './pointIds.ts';

const RUN_ID = fieldName('run_id');
const K = fieldName('k');
const V = fieldName('v');
const TIMESTAMP = fieldName('timestamp');
const STEP = fieldName('step');
const MODEL_ID = fieldName('model_id');
const DATASET_NAME = fieldName('dataset_name');
const DATASET_DIGEST = fieldName('dataset_digest');
const NO_MODEL = nullElements(MODEL_ID, DATASET_NAME, DATASET_DIGEST);

/** Collection of the metric history. */
export const RUN_METRICS = 'run_metrics';

/** The whole metric history of runs, a document for each point; of each model too, where several share a point. */
export function runMetricsPart(source: LayoutSource, { pointIds = 1 }: LayoutOptions): LayoutPart {
  const table = source.find('metrics', ['run_uuid', 'key', 'value', 'timestamp']);
  if (table === undefined) return NO_PART;
  const step = source.has('metrics', 'step') ? 't.step' : '0::int8';
  const hasModels =
    source.has('logged_model_metrics', ...MODEL_METRIC_COLUMNS) && source.has('metrics', 'step', 'is_nan');
  const pointId = pointIds === 1 ? hashedPointId : mixedPointId;
  const lone = hasModels ? loneModelPoints(source, pointId) : null;
  const children = new ChildList();
  if (hasModels) {
    const joined = { where: null, isCounted: true } as const;
    children.add({ ...joined, table: 'logged_model_metrics', countAt: POINT.modelRows });
    children.add({ ...joined, table: 'metrics', countAt: POINT.metricRows });
  }
  const cutBy = ['t.run_uuid', 't.key', 't."timestamp"', ...(step === 't.step' ? [step] : [])];
  const from = hasModels
    ? {
        from: pointsOfModels(source, null, null),
        fromWithin: (lower: Bound, upper: Bound) => pointsOfModels(source, lower, upper),
        rootFrom: `${source.relation('metrics')} t`,
        rowVersion: ownVersion(table) === null ? null : 't.row_version',
        // Strings are what is not less than the empty one: the index on the field serves that.
        joined: {
          condition: 't.model_rows > 0',
          filter: { model_id: { $gte: '' } },
          ...(lone === null ? {} : { lone }),
        },
      }
    : { from: `${source.relation('metrics')} t`, rowVersion: ownVersion(table) };
  const isNan = source.has('metrics', 'is_nan') ? 't.is_nan' : 'false';
  const ofModel = hasModels
    ? ['t.model_id::text', 't.dataset_name::text', 't.dataset_digest::text', 't.model_rows', 't.metric_rows']
    : ['null::text', 'null::text', 'null::text', '0::int8', '0::int8'];
  const definition: CollectionDefinition = {
    collection: RUN_METRICS,
    table: 'metrics',
    ...from,
    select: [
      't.run_uuid::text',
      't.key::text',
      't."timestamp"::int8',
      `${step}::int8`,
      't.value::float8',
      `${isNan}::bool`,
      ...ofModel,
    ],
    where: null,
    ...(hasModels && lone === null ? {} : pointKey(table)),
    // As far as ids follow rows: so those of a batch lie side by side in the target, where they are written and compared.
    orderBy: pointIds === 1 ? [] : ['t.run_uuid collate "C"'],
    cutBy,
    children: children.definitions,
    indexes: [
      pluginIndex('run_metrics_run_k_timestamp', [
        ['run_id', 1],
        ['k', 1],
        ['timestamp', 1],
      ]),
      pluginIndex('run_metrics_model_k_latest', [
        ['model_id', 1],
        ['k', 1],
        ['timestamp', -1],
        ['step', -1],
        ['run_id', 1],
        ['_id', 1],
      ]),
      pluginIndex('run_metrics_model_dataset', [
        ['model_id', 1],
        ['dataset_name', 1],
        ['dataset_digest', 1],
      ]),
    ],
    references: [pluginReference('run_id', 'runs', ['metrics', 'run_uuid'], ['runs', 'run_uuid'])],
    ...(pointIds === 1 ? {} : { idVersion: pointIds }),
    encode: (out, row) => {
      const start = out.begin();
      writeObjectId(out, ID_FIELD, pointId(row));
      writeText(out, RUN_ID, row, POINT.run);
      writeText(out, K, row, POINT.key);
      writeMetricValue(out, V, row, POINT.value, POINT.isNan);
      writeInt64OrZero(out, TIMESTAMP, row, POINT.timestamp);
      writeInt64OrZero(out, STEP, row, POINT.step);
      if (row.isNull(POINT.model) && row.isNull(POINT.datasetName) && row.isNull(POINT.datasetDigest)) {
        out.element(NO_MODEL);
      } else {
        writeText(out, MODEL_ID, row, POINT.model);
        writeText(out, DATASET_NAME, row, POINT.datasetName);
        writeText(out, DATASET_DIGEST, row, POINT.datasetDigest);
      }
      out.end(start);
    },
  };
  return { collections: [definition], notes: [], tables: ['metrics', ...(hasModels ? ['logged_model_metrics'] : [])] };
}

/** Fields of the documents by the key's columns; `is_nan` stands in the value. */
const FIELDS: Readonly<Record<string, string>> = {
  run_uuid: 'run_id',
  key: 'k',
  timestamp: 'timestamp',
  step: 'step',
  value: 'v',
};

/** How a point's row is found. A key without the value would find one whose document is another. */
function pointKey(table: SourceTable): Pick<CollectionDefinition, 'rowKey'> {
  const key = table.key?.filter((column) => column !== 'is_nan') ?? [];
  return key.includes('value') ? rowKey({ ...table, key }, (column) => FIELDS[column]) : {};
}
