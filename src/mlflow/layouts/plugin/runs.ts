import { BSON_TYPE, type BsonWriter, fieldName, indexName } from '../../../encoding/bsonWriter.ts';
import { ID_FIELD } from '../../../encoding/documentId.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { RUN_STATUS } from '../../schema/runStatus.ts';
import type { ChildDefinition, SchemaNote } from '../layout.ts';
import {
  noteNull,
  nullElements,
  TRACKING_PAIR,
  writeIdText,
  writeInt64,
  writeInt64OrZero,
  writeMetricValue,
  writePairElements,
  writePairs,
  writeText,
  writeTextOr,
} from './fields.ts';
import {
  ChildList,
  childRows,
  type LayoutPart,
  NO_PART,
  orphans,
  pairChild,
  pluginIndex,
  pluginReference,
  rootRows,
} from './layoutPart.ts';
import type { LayoutSource } from './layoutSource.ts';
import { EXPENDABLE_INPUTS, runInputs, writeRunInputs } from './runInputs.ts';
import { Selection } from './selection.ts';

/** Tag by which MLflow names a run that has no name of its own. */
export const RUN_NAME_TAG = 'mlflow.runName';
const USER_TAG = 'mlflow.user';
/** Revision (MLflow 1.0) after which the upgrade copied `user_id` into a tag of each run. */
export const BEFORE_USER_TAGS = '451aebb31d03';

const EXPERIMENT_ID = fieldName('experiment_id');
const NAME = fieldName('name');
const ARTIFACT_URI = fieldName('artifact_uri');
const USER_ID = fieldName('user_id');
const STATUS = fieldName('status');
const START_TIME = fieldName('start_time');
const END_TIME = fieldName('end_time');
const DELETED_TIME = fieldName('deleted_time');
const LIFECYCLE_STAGE = fieldName('lifecycle_stage');
const TAGS = fieldName('tags');
const PARAMS = fieldName('params');
const METRICS = fieldName('metrics');
const K = fieldName('k');
const V = fieldName('v');
const TIMESTAMP = fieldName('timestamp');
const STEP = fieldName('step');
const NO_MODEL = nullElements(fieldName('model_id'), fieldName('dataset_name'), fieldName('dataset_digest'));

/** Runs with their tags, parameters, latest metrics, dataset inputs and logged models. */
export function runsPart(source: LayoutSource): LayoutPart {
  if (!source.has('runs', 'run_uuid', 'experiment_id')) return NO_PART;
  const columns = new Selection(source, 'runs');
  const id = columns.text('run_uuid');
  const experimentId = columns.int64('experiment_id');
  const name = columns.text('name');
  const artifactUri = columns.text('artifact_uri');
  const userId = columns.text('user_id');
  const status = columns.text('status');
  const startTime = columns.int64('start_time');
  const endTime = columns.int64('end_time');
  const deletedTime = columns.int64('deleted_time');
  const stage = columns.text('lifecycle_stage');
  const children = new ChildList();
  const pairsOf = (table: string) => ({
    table,
    link: ['run_uuid'],
    parentLink: ['run_uuid'],
    key: 'key',
    value: 'value',
  });
  const tags = children.add(pairChild(source, pairsOf('tags')));
  const params = children.add(pairChild(source, pairsOf('params')));
  const metrics = children.add(latestMetrics(source));
  const inputs = runInputs(source, children);
  const needsUserTag = source.schema.revisions.includes(BEFORE_USER_TAGS);
  const notes: SchemaNote[] = [...columns.notes(), ...inputs.notes];
  const run = { table: 'runs', link: ['run_uuid'] };
  const embedded = ['tags', 'params', 'latest_metrics'];
  const remainders = embedded.flatMap((table) => orphans(source, { table, link: ['run_uuid'] }, run, notes));
  return {
    collections: [
      {
        collection: 'runs',
        ...rootRows(source, columns, 'runs', ['run_uuid']),
        children: children.definitions,
        optionalFields: ['deleted_time'],
        expendable: EXPENDABLE_INPUTS,
        indexes: [pluginIndex('runs_experiment_id', [['experiment_id', 1]])],
        references: [
          pluginReference('experiment_id', 'experiments', ['runs', 'experiment_id'], ['experiments', 'experiment_id']),
        ],
        encode: (out, row, rows) => {
          const tagRows = childRows(rows, tags);
          const start = out.begin();
          writeText(out, ID_FIELD, row, id);
          writeIdText(out, EXPERIMENT_ID, row, experimentId);
          writeName(out, row, name, tagRows);
          writeText(out, ARTIFACT_URI, row, artifactUri);
          writeTextOr(out, USER_ID, row, userId, '');
          if (row.isNull(status)) noteNull(out, STATUS, "'SCHEDULED'");
          const stored = row.textOrNull(status) ?? 'SCHEDULED';
          out.string(STATUS, RUN_STATUS[stored] ?? stored);
          writeInt64OrZero(out, START_TIME, row, startTime);
          writeInt64(out, END_TIME, row, endTime);
          if (!row.isNull(deletedTime)) writeInt64(out, DELETED_TIME, row, deletedTime);
          writeTextOr(out, LIFECYCLE_STAGE, row, stage, 'active');
          writeTags(out, tagRows, needsUserTag ? (row.textOrNull(userId) ?? '') : '');
          writePairs(out, PARAMS, TRACKING_PAIR, childRows(rows, params));
          writeMetrics(out, childRows(rows, metrics));
          writeRunInputs(out, inputs, rows);
          out.end(start);
        },
      },
      ...remainders,
      ...inputs.collections,
    ],
    notes,
    tables: ['runs', ...embedded.filter((table) => source.has(table, 'run_uuid', 'key', 'value')), ...inputs.tables],
  };
}

/** The run's name, or its name tag where there is none: MLflow's SQL reader falls back so, the plugin does not. */
function writeName(out: BsonWriter, row: RowView, name: number, tagRows: readonly RowView[]): void {
  if (row.length(name) > 0) {
    writeText(out, NAME, row, name);
    return;
  }
  const tag = tagRows.find((pair) => pair.textOrNull(0) === RUN_NAME_TAG)?.textOrNull(1) ?? '';
  // A run that was never named is answered without a name, which '' is not.
  if (tag === '' && row.isNull(name)) out.null(NAME);
  else out.string(NAME, tag);
}

function writeTags(out: BsonWriter, tagRows: readonly RowView[], user: string): void {
  const array = out.beginField(BSON_TYPE.array, TAGS);
  writePairElements(out, TRACKING_PAIR, tagRows);
  if (user !== '' && !tagRows.some((tag) => tag.textOrNull(0) === USER_TAG)) {
    const pair = out.beginField(BSON_TYPE.document, indexName(tagRows.length));
    out.string(K, USER_TAG);
    out.string(V, user);
    out.end(pair);
  }
  out.end(array);
}

/** Rows of `latest_metrics`; before that table was (1.2), what the upgrade computed: greatest by step, timestamp and value. */
function latestMetrics(source: LayoutSource): ChildDefinition | null {
  const isStored = source.has('latest_metrics', 'run_uuid', 'key', 'value');
  if (!isStored && !source.has('metrics', 'run_uuid', 'key', 'value', 'timestamp')) return null;
  const table = isStored ? 'latest_metrics' : 'metrics';
  const columns = new Selection(source, table);
  columns.text('key');
  columns.float64('value');
  columns.int64('timestamp');
  if (source.has(table, 'step')) columns.int64('step');
  else columns.expression('0::int8');
  columns.bool('is_nan');
  const step = source.has('metrics', 'step') ? 'm.step desc, ' : '';
  // NaN is kept as 0; of the two at one point the one that was logged first stays, which is told nowhere.
  const isNan = source.has('metrics', 'is_nan') ? ', m.is_nan desc' : '';
  return {
    table,
    from: isStored
      ? `${source.relation(table)} t`
      : `(select distinct on (m.run_uuid, m.key) m.* from ${source.relation(table)} m` +
        ` order by m.run_uuid, m.key, ${step}m."timestamp" desc, m.value desc${isNan}) t`,
    select: columns.expressions,
    where: null,
    link: ['t.run_uuid'],
    parentLink: ['t."run_uuid"'],
    orderBy: null,
    isCounted: isStored,
  };
}

/** The latest value of each key; places are those of {@link latestMetrics}. */
function writeMetrics(out: BsonWriter, rows: readonly RowView[]): void {
  const array = out.beginField(BSON_TYPE.array, METRICS);
  rows.forEach((row, index) => {
    const metric = out.beginField(BSON_TYPE.document, indexName(index));
    writeText(out, K, row, 0);
    writeMetricValue(out, V, row, 1, 4);
    writeInt64OrZero(out, TIMESTAMP, row, 2);
    writeInt64OrZero(out, STEP, row, 3);
    out.element(NO_MODEL);
    out.end(metric);
  });
  out.end(array);
}
