import type { SourceSchema } from '../../../../contract/sourceSchema.ts';
import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { stringValue } from '../../../../encoding/bsonToJson.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import type { TargetDocument } from '../../layout.ts';
import { hasModelPointId } from '../hasPointId.ts';
import { MODEL_METRIC_COLUMNS } from '../modelPoints.ts';
import { hashedPointId, mixedPointId } from '../pointIds.ts';
import { RUN_METRICS } from '../runMetrics.ts';
import { assertKnown, guarded, homelessFault, itemsOf, membersOf, textOf, unknownFields } from './returnedFields.ts';
import { POINT_STANDS, pointValues, storedValue } from './returnedMetric.ts';
import { idOf, rowOf, unsaidOf } from './returnedRow.ts';
import type { Fields, Lookup, ReturnedDocument, ReturnedFault, ReturnedRow, Returning } from './returning.ts';

const POINT = ['k', 'v', 'timestamp', 'step', 'model_id', 'dataset_name', 'dataset_digest'] as const;
const KNOWN: ReadonlySet<string> = new Set([...POINT, 'run_id']);
const COLUMNS = ['run_uuid', 'key', 'value', 'timestamp', 'step', 'is_nan'] as const;

/** The history of metrics, the latest values of runs, and the points of logged models. */
export function metricsBack(schema: SourceSchema): Returning[] {
  return [latestMetrics(schema), metrics(schema), modelMetrics(schema)];
}

function latestMetrics(schema: SourceSchema): Returning {
  return {
    table: 'latest_metrics',
    collection: 'runs',
    fields: ['metrics'],
    unsaid: unsaidOf(schema, 'latest_metrics', COLUMNS),
    standsForNull: POINT_STANDS,
    rows: (page, look) => {
      const columns = look.columns('latest_metrics');
      const faults: ReturnedFault[] = [];
      const rows: ReturnedRow[] = [];
      for (const document of page) {
        guarded(faults, document, 'metrics', () => {
          for (const item of itemsOf(document.fields.get('metrics'))) {
            const members = membersOf(item);
            assertKnown(members, POINT);
            const values = { run_uuid: idOf(document), ...pointValues(members, columns) };
            rows.push({ shown: document.shown, row: rowOf(columns, values, POINT_STANDS) });
          }
        });
      }
      return Promise.resolve({ rows, faults });
    },
  };
}

function metrics(schema: SourceSchema): Returning {
  return {
    table: 'metrics',
    collection: RUN_METRICS,
    fields: null,
    unsaid: unsaidOf(schema, 'metrics', COLUMNS),
    standsForNull: POINT_STANDS,
    // A point of several models is a document for each, and the plugin keeps one that is logged twice.
    repeated: 'same',
    rows: (page, look) => {
      const columns = look.columns('metrics');
      const hasModels = look.columns('logged_model_metrics').size > 0;
      const faults = page.flatMap((document) => [
        ...unknownFields(document, KNOWN),
        ...(hasModels || isNull(document.fields.get('model_id'))
          ? []
          : [homelessFault(document, 'model_id', 'metrics of logged models')]),
      ]);
      const rows = page.flatMap((document): ReturnedRow[] => {
        // Its point has a document of its own, or no row.
        if (isOfModelAlone(document.fields)) return [];
        const values = { run_uuid: document.fields.get('run_id'), ...pointValues(document.fields, columns) };
        return [{ shown: document.shown, row: rowOf(columns, values, POINT_STANDS) }];
      });
      return Promise.resolve({ rows, faults });
    },
  };
}

function modelMetrics(schema: SourceSchema): Returning {
  return {
    table: 'logged_model_metrics',
    collection: RUN_METRICS,
    fields: [...KNOWN],
    filter: { model_id: { $gte: '' } },
    unsaid: unsaidOf(schema, 'logged_model_metrics', [...MODEL_METRIC_COLUMNS, 'experiment_id']),
    onlyNew: ['experiment_id'],
    standsForNull: { metric_value: '0' },
    repeated: 'same',
    rows: async (page, look) => {
      const faults: ReturnedFault[] = [];
      const rows: ReturnedRow[] = [];
      const experiments = await experimentsOf(page, look, faults);
      for (const document of page) {
        const { fields } = document;
        const experiment = experiments.get(runOf(document, faults) ?? '');
        if (experiment === undefined) {
          faults.push({ shown: document.shown, field: 'run_id', reason: 'the run of this point is not there' });
          continue;
        }
        rows.push({
          shown: document.shown,
          row: rowOf(look.columns('logged_model_metrics'), {
            model_id: fields.get('model_id'),
            metric_name: fields.get('k'),
            metric_timestamp_ms: fields.get('timestamp'),
            metric_step: fields.get('step'),
            metric_value: storedValue(fields.get('v')).value,
            run_id: fields.get('run_id'),
            dataset_name: fields.get('dataset_name'),
            dataset_digest: fields.get('dataset_digest'),
            experiment_id: experiment,
          }),
        });
      }
      return { rows, faults };
    },
  };
}

function isNull(element: BsonElement | undefined): boolean {
  return element === undefined || element.type === BSON_TYPE.null;
}

function runOf(document: ReturnedDocument, faults: ReturnedFault[]): string | null {
  return guarded(faults, document, 'run_id', () => textOf(document.fields.get('run_id')));
}

/** Numbers of the experiments of the points' runs. */
async function experimentsOf(
  page: readonly ReturnedDocument[],
  look: Lookup,
  faults: ReturnedFault[],
): Promise<ReadonlyMap<string, string>> {
  const runs = [...new Set(page.map((document) => runOf(document, [])).filter((run) => run !== null))];
  const numbers = new Map<string, string>();
  for (const run of await look.target('runs', { _id: { $in: runs } }, ['experiment_id'])) {
    const id = guarded(faults, run, 'experiment_id', () => textOf(run.fields.get('experiment_id')));
    const number = id === null ? null : await look.experimentId(id);
    if (number !== null) numbers.set(run.shown, number);
  }
  return numbers;
}

/** Was it written by a migration as a point that is a row of `logged_model_metrics` and none of `metrics`? */
function isOfModelAlone(fields: Fields): boolean {
  const model = fields.get('model_id');
  if (model?.type !== BSON_TYPE.string || fields.get('_id')?.type !== BSON_TYPE.objectId) return false;
  const document = pointOf(fields);
  return [mixedPointId, hashedPointId].some((pointId) => hasModelPointId(document, pointId));
}

/** The fields that the `_id` of a point is made of, as far as a migration writes them so. */
function pointOf(fields: Fields): TargetDocument {
  const values: Record<string, unknown> = { _id: fields.get('_id')?.value.toString('hex') };
  for (const [name, { type, value }] of fields) {
    if (type === BSON_TYPE.string) values[name] = stringValue(value);
    else if (type === BSON_TYPE.int64) values[name] = value.readBigInt64LE(0);
    else if (type === BSON_TYPE.double) values[name] = value.readDoubleLE(0);
  }
  return values;
}
