import { type BsonWriter, fieldName } from '../../../encoding/bsonWriter.ts';
import { ID_FIELD } from '../../../encoding/documentId.ts';
import type { SchemaNote } from '../layout.ts';
import {
  noteNull,
  TRACKING_PAIR,
  writeIdText,
  writeInt64OrZero,
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
import { Selection } from './selection.ts';

/** `mlflow.entities.LoggedModelStatus` by the number that SQL keeps. */
export const STATUS_NAMES: readonly string[] = ['UNSPECIFIED', 'PENDING', 'READY', 'FAILED'];

const EXPERIMENT_ID = fieldName('experiment_id');
const NAME = fieldName('name');
const ARTIFACT_LOCATION = fieldName('artifact_location');
const CREATED = fieldName('creation_timestamp');
const UPDATED = fieldName('last_updated_timestamp');
const STATUS = fieldName('status');
const STATUS_MESSAGE = fieldName('status_message');
const LIFECYCLE_STAGE = fieldName('lifecycle_stage');
const SOURCE_RUN_ID = fieldName('source_run_id');
const MODEL_TYPE = fieldName('model_type');
const TAGS = fieldName('tags');
const PARAMS = fieldName('params');

function writeStatus(out: BsonWriter, status: bigint | null): void {
  const name = status === null ? undefined : STATUS_NAMES[Number(status)];
  if (status === null) noteNull(out, STATUS, "'UNSPECIFIED'");
  else if (name === undefined) {
    const message = "a number that MLflow has no status for is stored as 'UNSPECIFIED'";
    out.losses.push({ severity: 'error', field: 'status', message });
  }
  out.string(STATUS, name ?? 'UNSPECIFIED');
}

/** Logged models (3.0 on) with their tags and parameters. */
export function loggedModelsPart(source: LayoutSource): LayoutPart {
  if (!source.has('logged_models', 'model_id', 'experiment_id')) return NO_PART;
  const columns = new Selection(source, 'logged_models');
  const id = columns.text('model_id');
  const experimentId = columns.int64('experiment_id');
  const name = columns.text('name');
  const artifactLocation = columns.text('artifact_location');
  const created = columns.int64('creation_timestamp_ms');
  const updated = columns.int64('last_updated_timestamp_ms');
  const status = columns.int64('status');
  const statusMessage = columns.text('status_message');
  const stage = columns.text('lifecycle_stage');
  const sourceRunId = columns.text('source_run_id');
  const modelType = columns.text('model_type');
  const children = new ChildList();
  const byModel = { link: ['model_id'], parentLink: ['model_id'] };
  const tagTable = { ...byModel, table: 'logged_model_tags', key: 'tag_key', value: 'tag_value' };
  const paramTable = { ...byModel, table: 'logged_model_params', key: 'param_key', value: 'param_value' };
  const tags = children.add(pairChild(source, tagTable));
  const params = children.add(pairChild(source, paramTable));
  const notes: SchemaNote[] = columns.notes();
  const model = { table: 'logged_models', link: ['model_id'] };
  return {
    collections: [
      {
        collection: 'logged_models',
        ...rootRows(source, columns, 'logged_models', ['model_id']),
        children: children.definitions,
        indexes: [
          pluginIndex('logged_models_experiment_creation_id', [
            ['experiment_id', 1],
            ['creation_timestamp', -1],
            ['_id', 1],
          ]),
          ...['tags', 'params'].map((field) =>
            pluginIndex(`logged_models_experiment_${field}`, [
              ['experiment_id', 1],
              [`${field}.k`, 1],
              [`${field}.v`, 1],
            ]),
          ),
        ],
        references: [
          pluginReference(
            'experiment_id',
            'experiments',
            ['logged_models', 'experiment_id'],
            ['experiments', 'experiment_id'],
          ),
        ],
        encode: (out, row, rows) => {
          const start = out.begin();
          writeText(out, ID_FIELD, row, id);
          writeIdText(out, EXPERIMENT_ID, row, experimentId);
          writeTextOr(out, NAME, row, name, '');
          writeTextOr(out, ARTIFACT_LOCATION, row, artifactLocation, '');
          writeInt64OrZero(out, CREATED, row, created);
          writeInt64OrZero(out, UPDATED, row, updated);
          writeStatus(out, row.integer(status));
          writeText(out, STATUS_MESSAGE, row, statusMessage);
          writeTextOr(out, LIFECYCLE_STAGE, row, stage, 'active');
          writeText(out, SOURCE_RUN_ID, row, sourceRunId);
          writeText(out, MODEL_TYPE, row, modelType);
          writePairs(out, TAGS, TRACKING_PAIR, childRows(rows, tags));
          writePairs(out, PARAMS, TRACKING_PAIR, childRows(rows, params));
          out.end(start);
        },
      },
      ...orphans(source, tagTable, model, notes),
      ...orphans(source, paramTable, model, notes),
    ],
    notes,
    tables: [
      'logged_models',
      ...(tags < 0 ? [] : ['logged_model_tags']),
      ...(params < 0 ? [] : ['logged_model_params']),
    ],
  };
}
