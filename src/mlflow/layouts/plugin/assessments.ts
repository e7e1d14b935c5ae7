import { BSON_TYPE, type BsonWriter, type FieldName, fieldName } from '../../../encoding/bsonWriter.ts';
import { ID_FIELD } from '../../../encoding/documentId.ts';
import { REFUSALS, writePythonJson } from '../../../encoding/jsonToBson.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { rowKey } from '../rowKey.ts';
import { noteNull, writeIdText, writeText, writeTextIfAny } from './fields.ts';
import { byColumns, type LayoutPart, NO_PART, ownVersion, pluginIndex, pluginReference } from './layoutPart.ts';
import type { LayoutSource } from './layoutSource.ts';
import { hashedObjectId, writeObjectId } from './objectIds.ts';
import { Selection } from './selection.ts';

const TRACE_ID = fieldName('trace_id');
const EXPERIMENT_ID = fieldName('experiment_id');
const ASSESSMENT_ID = fieldName('assessment_id');
const CONTENT = fieldName('content');
const ASSESSMENT_NAME = fieldName('assessment_name');
const SOURCE = fieldName('source');
const SOURCE_TYPE = fieldName('source_type');
const SOURCE_ID = fieldName('source_id');
const CREATE_TIME = fieldName('create_time');
const LAST_UPDATE_TIME = fieldName('last_update_time');
const FEEDBACK = fieldName('feedback');
const EXPECTATION = fieldName('expectation');
const ISSUE = fieldName('issue');
const VALUE = fieldName('value');
const ERROR = fieldName('error');
const VALID = fieldName('valid');
const RATIONALE = fieldName('rationale');
const SPAN_ID = fieldName('span_id');
const OVERRIDES = fieldName('overrides');
const RUN_ID = fieldName('run_id');
const METADATA = fieldName('metadata');

/** The assessment's ObjectId. */
export function assessmentObjectId(assessmentId: string): Uint8Array {
  return hashedObjectId([assessmentId]);
}

/** Assessments of traces (3.2 on): feedback, expectations and references to issues. */
export function assessmentsPart(source: LayoutSource): LayoutPart {
  const table = source.find('assessments', ['assessment_id', 'trace_id', 'assessment_type', 'value']);
  if (table === undefined) return NO_PART;
  const columns = new Selection(source, 'assessments');
  const id = columns.text('assessment_id');
  const traceId = columns.text('trace_id');
  const name = columns.text('name');
  const type = columns.text('assessment_type');
  const value = columns.text('value');
  const error = columns.text('error');
  const created = columns.int64('created_timestamp');
  const updated = columns.int64('last_updated_timestamp');
  const sourceType = columns.text('source_type');
  const sourceId = columns.text('source_id');
  const runId = columns.text('run_id');
  const spanId = columns.text('span_id');
  const rationale = columns.text('rationale');
  const overrides = columns.text('overrides');
  const valid = columns.bool('valid');
  const metadata = columns.text('assessment_metadata');
  // Its own copy of the experiment may be missing; the rest is derived from the value and the trace.
  columns.alsoUses('experiment_id', 'trace_timestamp_ms', 'aggregate_value', 'is_numeric_value');
  const hasTraces = source.has('trace_info', 'request_id', 'experiment_id');
  const experimentId = columns.expression(
    hasTraces
      ? `(select i.experiment_id::int8 from ${source.relation('trace_info')} i where i.request_id = t.trace_id)`
      : 'null::int8',
  );
  return {
    collections: [
      {
        collection: 'assessments',
        table: 'assessments',
        from: `${source.relation('assessments')} t`,
        select: columns.expressions,
        where: null,
        ...byColumns('assessment_id'),
        // A trace never moves to another experiment.
        rowVersion: ownVersion(table),
        ...rowKey(table, (column) => (column === 'assessment_id' ? column : undefined)),
        children: [],
        indexes: [
          pluginIndex(
            'assessments_trace_assessment_unique',
            [
              ['trace_id', 1],
              ['assessment_id', 1],
            ],
            true,
          ),
          pluginIndex('assessments_experiment_assessment', [
            ['experiment_id', 1],
            ['assessment_id', 1],
          ]),
        ],
        references: hasTraces
          ? [pluginReference('trace_id', 'traces', ['assessments', 'trace_id'], ['trace_info', 'request_id'])]
          : [],
        encode: (out, row) => {
          const start = out.begin();
          writeObjectId(out, ID_FIELD, assessmentObjectId(row.text(id)));
          writeText(out, TRACE_ID, row, traceId);
          writeIdText(out, EXPERIMENT_ID, row, experimentId);
          writeText(out, ASSESSMENT_ID, row, id);
          const content = out.beginField(BSON_TYPE.document, CONTENT);
          writeText(out, ASSESSMENT_ID, row, id);
          writeText(out, TRACE_ID, row, traceId);
          writeText(out, ASSESSMENT_NAME, row, name);
          const origin = out.beginField(BSON_TYPE.document, SOURCE);
          writeText(out, SOURCE_TYPE, row, sourceType);
          writeText(out, SOURCE_ID, row, sourceId);
          out.end(origin);
          writeTime(out, CREATE_TIME, row, created);
          writeTime(out, LAST_UPDATE_TIME, row, updated);
          writeAssessed(out, row.text(type), row, value, error);
          if (row.isNull(valid)) noteNull(out, VALID, 'true');
          out.bool(VALID, row.bool(valid) ?? true);
          writeTextIfAny(out, RATIONALE, row, rationale);
          writeTextIfAny(out, SPAN_ID, row, spanId);
          writeTextIfAny(out, OVERRIDES, row, overrides);
          writeTextIfAny(out, RUN_ID, row, runId);
          const details = row.textOrNull(metadata);
          if (details !== null && details.trim() !== 'null') writeJson(out, METADATA, details, 'content.metadata');
          out.end(content);
          out.end(start);
        },
      },
    ],
    notes: columns.notes(),
    tables: ['assessments'],
  };
}

/** Exactly one of feedback, expectation and issue; a document with a field in any case, as an empty one is read as none. */
function writeAssessed(out: BsonWriter, type: string, row: RowView, value: number, error: number): void {
  const text = row.textOrNull(value) ?? 'null';
  if (type === 'issue') {
    writeJson(out, ISSUE, text, 'content.issue');
    return;
  }
  if (type !== 'feedback' && type !== 'expectation') {
    throw new RangeError('The assessment is of a type that MLflow does not know');
  }
  const assessed = out.beginField(BSON_TYPE.document, type === 'feedback' ? FEEDBACK : EXPECTATION);
  writeJson(out, VALUE, text, `content.${type}.value`);
  const failure = row.textOrNull(error);
  if (failure !== null && failure.trim() !== 'null') {
    const field = `content.${type}.error`;
    if (type === 'feedback') writeJson(out, ERROR, failure, field);
    else out.losses.push({ severity: 'note', field, message: 'an expectation has no error in MLflow: it is left out' });
  }
  out.end(assessed);
}

/** JSON as Python wrote it; a text that is none, or that BSON cannot hold as a document, stays one. */
function writeJson(out: BsonWriter, name: FieldName, text: string, field: string): void {
  const refusal = writePythonJson(out, name, text, field);
  if (refusal === null) return;
  out.string(name, text);
  out.losses.push(
    refusal === 'syntax'
      ? {
          severity: 'note',
          field,
          message: 'the text is not JSON, which MLflow expects there: it is stored as a string',
        }
      : { severity: 'error', field, message: `${REFUSALS[refusal]}: the JSON text is stored as a string` },
  );
}

/** The first and the last millisecond that RFC 3339 has a text for: years 1 to 9999. */
const FIRST_TIME = BigInt(Date.parse('0001-01-01T00:00:00.000Z'));
const LAST_TIME = BigInt(Date.parse('9999-12-31T23:59:59.999Z'));

function writeTime(out: BsonWriter, name: FieldName, row: RowView, at: number): void {
  const milliseconds = row.integer(at);
  if (milliseconds === null) noteNull(out, name, 'the year 1970');
  else if (milliseconds < FIRST_TIME || milliseconds > LAST_TIME) {
    throw new RangeError('A time of the assessment is outside of the years 1 to 9999, which its text cannot say');
  }
  out.string(name, timestampText(milliseconds ?? 0n));
}

/** Milliseconds as protobuf writes a timestamp: RFC 3339 in UTC with three decimals, or none where they are zero. */
function timestampText(milliseconds: bigint): string {
  const text = new Date(Number(milliseconds)).toISOString();
  return milliseconds % 1000n === 0n ? text.replace('.000Z', 'Z') : text;
}
