import { BSON_TYPE, type BsonWriter, fieldName } from '../../../encoding/bsonWriter.ts';
import { ID_FIELD } from '../../../encoding/documentId.ts';
import { REFUSALS, writePythonJson } from '../../../encoding/jsonToBson.ts';
import type { SchemaNote } from '../layout.ts';
import { rowKey } from '../rowKey.ts';
import { writeInt64, writeInt64OrZero, writeText, writeTextOr } from './fields.ts';
import {
  byColumns,
  type LayoutPart,
  NO_PART,
  ownVersion,
  pluginIndex,
  pluginReference,
  remainder,
} from './layoutPart.ts';
import type { LayoutSource } from './layoutSource.ts';
import { ownedObjectId, writeObjectId } from './objectIds.ts';
import { isNumberObject, parsePythonJson } from './pythonText.ts';
import { Selection } from './selection.ts';
import { spanFigures, writeFigures } from './spanFigures.ts';
import { withSpanType } from './withSpanType.ts';

const TRACE_ID = fieldName('trace_id');
const SPAN_ID = fieldName('span_id');
const PARENT_SPAN_ID = fieldName('parent_span_id');
const NAME = fieldName('name');
const TYPE = fieldName('type');
const STATUS = fieldName('status');
const START_TIME_NS = fieldName('start_time_ns');
const END_TIME_NS = fieldName('end_time_ns');
const CONTENT = fieldName('content');
const TOKEN_USAGE = fieldName('token_usage');
const TRACE_FIELDS = fieldName('trace_fields');
const METADATA = fieldName('metadata');
const RESOURCE_TAGS = fieldName('resource_tags');
const ROOT_TAGS = fieldName('root_tags');
const REQUEST_PREVIEW = fieldName('request_preview');
const RESPONSE_PREVIEW = fieldName('response_preview');
const SESSION = fieldName('mlflow.trace.session');
const USER = fieldName('mlflow.trace.user');

const USAGE_ATTRIBUTE = 'mlflow.chat.tokenUsage';
const SESSION_ATTRIBUTES = ['session.id', 'gen_ai.conversation.id'];
const USER_ATTRIBUTE = 'user.id';
/** Only a content that names one of these is looked into; most spans have none. */
const ANY_ATTRIBUTE = /mlflow\.chat\.tokenUsage|session\.id|gen_ai\.conversation\.id|user\.id/;

/** Where spans stand whose content went to an archive of traces: the plugin reads `spans` itself. */
export const CLEARED_COLLECTION = 'spans_table';

type Attributes = Readonly<Record<string, unknown>>;

/** Spans (3.2 on): their content as a document, and of it what the plugin searches by. */
export function spansPart(source: LayoutSource): LayoutPart {
  const table = source.find('spans', ['trace_id', 'span_id', 'content']);
  if (table === undefined) return NO_PART;
  const columns = new Selection(source, 'spans');
  const traceId = columns.text('trace_id');
  const spanId = columns.text('span_id');
  const parentSpanId = columns.text('parent_span_id');
  const name = columns.text('name');
  const type = columns.text('type');
  const status = columns.text('status');
  const startTime = columns.int64('start_time_unix_nano');
  const endTime = columns.int64('end_time_unix_nano');
  const content = columns.text('content');
  const figures = spanFigures(source, columns);
  // The trace's experiment counts; the duration is of the times.
  columns.alsoUses('experiment_id', 'duration_ns');
  const rowVersion = figures.areInTheRow ? ownVersion(table) : null;
  const mayBeCleared = source.has('trace_info', 'db_payload_generation');
  const notes: SchemaNote[] = columns.notes();
  return {
    collections: [
      {
        collection: 'spans',
        table: 'spans',
        from: `${source.relation('spans')} t`,
        select: columns.expressions,
        where: mayBeCleared ? "t.content <> ''" : null,
        ...byColumns('trace_id', 'span_id'),
        rowVersion,
        rootVersion: ownVersion(table),
        ...rowKey(table, (column) => ['trace_id', 'span_id'].find((field) => field === column)),
        children: [],
        indexes: [
          pluginIndex(
            'spans_trace_span_unique',
            [
              ['trace_id', 1],
              ['span_id', 1],
            ],
            true,
          ),
          pluginIndex('spans_trace_start_time', [
            ['trace_id', 1],
            ['start_time_ns', 1],
          ]),
        ],
        references: source.has('trace_info', 'request_id')
          ? [pluginReference('trace_id', 'traces', ['spans', 'trace_id'], ['trace_info', 'request_id'])]
          : [],
        encode: (out, row) => {
          const start = out.begin();
          const text = withSpanType(row.textOrNull(content) ?? '');
          const trace = row.text(traceId);
          writeObjectId(out, ID_FIELD, ownedObjectId(trace, Buffer.from(`${trace}\0${row.text(spanId)}`, 'utf8')));
          writeText(out, TRACE_ID, row, traceId);
          writeText(out, SPAN_ID, row, spanId);
          writeText(out, PARENT_SPAN_ID, row, parentSpanId);
          writeText(out, NAME, row, name);
          writeText(out, TYPE, row, type);
          writeTextOr(out, STATUS, row, status, 'UNSET');
          writeInt64OrZero(out, START_TIME_NS, row, startTime);
          writeInt64(out, END_TIME_NS, row, endTime);
          writeContent(out, text);
          writeFigures(out, row, figures);
          writeSummary(out, ANY_ATTRIBUTE.test(text) ? attributesOf(text) : {});
          out.end(start);
        },
      },
      // Spans whose content went to an archive of traces: told by the row alone, and caught up as the others of the table are.
      ...(mayBeCleared ? remainder(source, 'spans', "t.content = ''", notes, CLEARED_COLLECTION) : []).map(
        (definition) => ({
          ...definition,
          rowVersion,
        }),
      ),
    ],
    notes,
    tables: ['spans'],
  };
}

/** The content, which the plugin reads as a document; throws a RangeError where it cannot be one. */
function writeContent(out: BsonWriter, text: string): void {
  const refusal = text.trimStart().startsWith('{') ? writePythonJson(out, CONTENT, text, 'content') : 'syntax';
  if (refusal === null) return;
  const reason = refusal === 'syntax' ? 'it is not a JSON object' : REFUSALS[refusal];
  throw new RangeError(`The content of the span cannot be a document: ${reason}`);
}

/** The content's attributes: values are texts that hold JSON. */
function attributesOf(text: string): Attributes {
  const content = parsePythonJson(text) as { attributes?: unknown } | undefined;
  const attributes = content?.attributes;
  return typeof attributes === 'object' && attributes !== null ? (attributes as Attributes) : {};
}

/** What the plugin keeps beside the content for spans that come later. */
function writeSummary(out: BsonWriter, attributes: Attributes): void {
  writeNumberObject(out, TOKEN_USAGE, attributes[USAGE_ATTRIBUTE]);
  const fields = out.beginField(BSON_TYPE.document, TRACE_FIELDS);
  const metadata = out.beginField(BSON_TYPE.document, METADATA);
  const session = SESSION_ATTRIBUTES.map((key) => attributes[key]).find((value) => value !== undefined && value !== '');
  writeDecodedText(out, SESSION, session);
  writeDecodedText(out, USER, attributes[USER_ATTRIBUTE]);
  out.end(metadata);
  out.end(out.beginField(BSON_TYPE.document, RESOURCE_TAGS));
  out.end(out.beginField(BSON_TYPE.document, ROOT_TAGS));
  out.null(REQUEST_PREVIEW);
  out.null(RESPONSE_PREVIEW);
  out.end(fields);
}

/** The JSON text of an attribute's value: texts hold it, other values are written as it. */
function jsonOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** An attribute's value decoded, as text. */
function writeDecodedText(out: BsonWriter, name: Buffer, value: unknown): void {
  if (value === undefined || value === null) return;
  const decoded = parsePythonJson(jsonOf(value));
  out.string(name, typeof decoded === 'string' ? decoded : String(value));
}

/** An attribute's value where it is an object of finite numbers, null otherwise. */
function writeNumberObject(out: BsonWriter, name: Buffer, value: unknown): void {
  const text = value === undefined ? 'null' : jsonOf(value);
  if (!isNumberObject(parsePythonJson(text)) || writePythonJson(out, name, text, null) !== null) out.null(name);
}
