import { BSON_TYPE, type BsonWriter, type FieldName, fieldName, indexName } from '../../bsonWriter.ts';
import { ID_FIELD } from '../../documentId.ts';
import { writePythonJson } from '../../jsonToBson.ts';
import { parsePythonJson } from '../../pythonText.ts';
import type { RowView } from '../../rowView.ts';
import type { ChildDefinition, CollectionDefinition, SchemaNote } from '../layout.ts';
import { TRACKING_PAIR, writeEmptyArray, writeIdText, writeInt64, writeInt64OrZero, writeText } from './fields.ts';
import type { LayoutSource } from './layoutSource.ts';
import {
  ChildList,
  type LayoutPart,
  NO_PART,
  orphans,
  pairChild,
  pluginIndex,
  pluginReference,
  remainder,
  rootRows,
  rowsOf,
} from './parts.ts';
import { Selection } from './selection.ts';
import { type PromotedColumns, promotedColumns, promotedNumbers, writeNumbers } from './traceNumbers.ts';

const NAME_TAG = 'mlflow.traceName';
const SESSION_KEY = 'mlflow.trace.session';
const TOKEN_USAGE_KEY = 'mlflow.trace.tokenUsage';
const COST_KEY = 'mlflow.trace.cost';
const SOURCE_RUN_KEY = 'mlflow.sourceRun';
const SIZE_STATS_KEY = 'mlflow.trace.sizeStats';

/** States as MLflow 2 spelled them, by their names in MLflow 3. */
const STATES: Readonly<Record<string, string>> = { TRACE_STATUS_UNSPECIFIED: 'STATE_UNSPECIFIED' };

const EXPERIMENT_ID = fieldName('experiment_id');
const REQUEST_TIME = fieldName('request_time');
const STATE = fieldName('state');
const EXECUTION_DURATION = fieldName('execution_duration');
const CLIENT_REQUEST_ID = fieldName('client_request_id');
const REQUEST_PREVIEW = fieldName('request_preview');
const RESPONSE_PREVIEW = fieldName('response_preview');
const TAGS = fieldName('tags');
const TRACE_METADATA = fieldName('trace_metadata');
const RUN_IDS = fieldName('run_ids');
const TOKEN_USAGE = fieldName('token_usage');
const COST = fieldName('cost');
const SPAN_STATS = fieldName('span_stats');
const LINKED_PROMPTS = fieldName('linked_prompts');
const NAME = fieldName('name');
const VERSION = fieldName('version');
const TRACE_INFO_FINALIZED = fieldName('trace_info_finalized');
const AUTHORITATIVE_METADATA_KEYS = fieldName('authoritative_metadata_keys');
const SPAN_REVISION = fieldName('span_revision');

/** Keys and values in their order; NULL values are ''. */
type Pairs = Map<string, string>;

/** Traces (2.14 on) with tags, metadata, and what links them to runs and prompts. */
export function tracesPart(source: LayoutSource): LayoutPart {
  if (!source.has('trace_info', 'request_id', 'experiment_id')) return NO_PART;
  const columns = new Selection(source, 'trace_info');
  const id = columns.text('request_id');
  const experimentId = columns.int64('experiment_id');
  const requestTime = columns.int64('timestamp_ms');
  const duration = columns.int64('execution_time_ms');
  const status = columns.text('status');
  const clientRequestId = columns.text('client_request_id');
  const requestPreview = columns.text('request_preview');
  const responsePreview = columns.text('response_preview');
  const traceName = columns.text('trace_name');
  const sessionId = columns.text('session_id');
  const promoted = promotedColumns(columns);
  const children = new ChildList();
  const byTrace = { link: ['request_id'], parentLink: ['request_id'], key: 'key', value: 'value' };
  const tags = children.add(pairChild(source, { ...byTrace, table: 'trace_tags' }));
  const metadata = children.add(pairChild(source, { ...byTrace, table: 'trace_request_metadata' }));
  const associations = children.add(associationChild(source));
  const notes: SchemaNote[] = columns.notes();
  const trace = { table: 'trace_info', link: ['request_id'] };
  const embedded = ['trace_tags', 'trace_request_metadata'];
  return {
    collections: [
      {
        collection: 'traces',
        ...rootRows(source, columns, 'trace_info', ['request_id']),
        children: children.definitions,
        indexes: [
          pluginIndex('traces_experiment_request_time_id', [
            ['experiment_id', 1],
            ['request_time', 1],
            ['_id', 1],
          ]),
          pluginIndex('traces_experiment_request_time_desc_id', [
            ['experiment_id', 1],
            ['request_time', -1],
            ['_id', 1],
          ]),
          pluginIndex('traces_experiment_run_ids_request_time', [
            ['experiment_id', 1],
            ['run_ids', 1],
            ['request_time', 1],
          ]),
          pluginIndex('traces_linked_prompts_name_version', [
            ['linked_prompts.name', 1],
            ['linked_prompts.version', 1],
          ]),
        ],
        references: [
          pluginReference(
            'experiment_id',
            'experiments',
            ['trace_info', 'experiment_id'],
            ['experiments', 'experiment_id'],
          ),
        ],
        encode: (out, row, rows) => {
          const start = out.begin();
          writeText(out, ID_FIELD, row, id);
          writeIdText(out, EXPERIMENT_ID, row, experimentId);
          writeInt64OrZero(out, REQUEST_TIME, row, requestTime);
          const stored = row.textOrNull(status) ?? 'STATE_UNSPECIFIED';
          out.string(STATE, STATES[stored] ?? stored);
          writeInt64(out, EXECUTION_DURATION, row, duration);
          writeText(out, CLIENT_REQUEST_ID, row, clientRequestId);
          writeText(out, REQUEST_PREVIEW, row, requestPreview);
          writeText(out, RESPONSE_PREVIEW, row, responsePreview);
          const tagPairs = pairsOf(rowsOf(rows, tags));
          if (!row.isNull(traceName)) tagPairs.set(NAME_TAG, row.text(traceName));
          writePairMap(out, TAGS, tagPairs);
          const pairs = pairsOf(rowsOf(rows, metadata));
          if (!row.isNull(sessionId)) pairs.set(SESSION_KEY, row.text(sessionId));
          const usage = withNumbers(pairs, TOKEN_USAGE_KEY, row, promoted.tokens);
          const cost = withNumbers(pairs, COST_KEY, row, promoted.costs);
          writePairMap(out, TRACE_METADATA, pairs);
          const links = rowsOf(rows, associations);
          writeRunIds(out, pairs.get(SOURCE_RUN_KEY), links);
          writeNumbers(out, TOKEN_USAGE, usage);
          writeNumbers(out, COST, cost);
          writeSpanStats(out, pairs.get(SIZE_STATS_KEY));
          writeLinkedPrompts(out, links);
          out.bool(TRACE_INFO_FINALIZED, true);
          const keys = out.beginField(BSON_TYPE.array, AUTHORITATIVE_METADATA_KEYS);
          [...pairs.keys()].forEach((key, index) => {
            out.string(indexName(index), key);
          });
          out.end(keys);
          out.int32(SPAN_REVISION, 0);
          out.end(start);
        },
      },
      ...embedded.flatMap((table) => orphans(source, { table, link: ['request_id'] }, trace, notes)),
      ...looseAssociations(source, associations, notes),
    ],
    notes,
    tables: [
      'trace_info',
      ...embedded.filter((table) => source.has(table, 'request_id', 'key', 'value')),
      ...(associations < 0 ? [] : ['entity_associations']),
    ],
  };
}

const ASSOCIATION_COLUMNS = ['source_type', 'source_id', 'destination_type', 'destination_id'];
const IS_OF_TRACE = `t.source_type = 'trace' and t.destination_type in ('run', 'prompt_version')`;

/** Rows: destination type, destination id; in the order of their making. */
function associationChild(source: LayoutSource): ChildDefinition | null {
  if (!source.has('entity_associations', ...ASSOCIATION_COLUMNS)) return null;
  const created = source.has('entity_associations', 'created_time') ? ['t.created_time nulls first'] : [];
  return {
    table: 'entity_associations',
    from: `${source.relation('entity_associations')} t`,
    select: ['t.destination_type::text', 't.destination_id::text'],
    where: IS_OF_TRACE,
    link: ['t.source_id'],
    parentLink: ['t."request_id"'],
    orderBy: ['t.source_id', ...created, 't.destination_type', 't.destination_id collate "C"'],
    isCounted: true,
  };
}

/** Associations of anything else, or of a trace that is gone. */
function looseAssociations(source: LayoutSource, child: number, notes: SchemaNote[]): CollectionDefinition[] {
  if (child < 0) return [];
  const trace = `exists (select from ${source.relation('trace_info')} i where i.request_id = t.source_id)`;
  return remainder(source, 'entity_associations', `not (${IS_OF_TRACE} and ${trace})`, notes);
}

function pairsOf(rows: readonly RowView[]): Pairs {
  return new Map(rows.map((row) => [row.text(0), row.textOrNull(1) ?? '']));
}

function writePairMap(out: BsonWriter, name: FieldName, pairs: Pairs): void {
  const array = out.beginField(BSON_TYPE.array, name);
  let index = 0;
  for (const [key, value] of pairs) {
    const pair = out.beginField(BSON_TYPE.document, indexName(index++));
    out.string(TRACKING_PAIR.key, key);
    out.string(TRACKING_PAIR.value, value);
    out.end(pair);
  }
  out.end(array);
}

/** The numbers' JSON text: of the columns, which then replaces the pair, or of the pair; undefined where there is neither. */
function withNumbers(pairs: Pairs, key: string, row: RowView, columns: PromotedColumns): string | undefined {
  const text = promotedNumbers(row, columns);
  if (text !== null) pairs.set(key, text);
  return pairs.get(key);
}

function writeRunIds(out: BsonWriter, sourceRun: string | undefined, links: readonly RowView[]): void {
  const linked = links.filter((link) => link.text(0) === 'run').map((link) => link.text(1));
  const runIds = new Set([...(sourceRun === undefined || sourceRun === '' ? [] : [sourceRun]), ...linked]);
  if (runIds.size === 0) {
    writeEmptyArray(out, RUN_IDS);
    return;
  }
  const array = out.beginField(BSON_TYPE.array, RUN_IDS);
  [...runIds].forEach((runId, index) => {
    out.string(indexName(index), runId);
  });
  out.end(array);
}

/** The sizes that the client told, where the plugin would take them: an object whose `num_spans` is a count. */
function writeSpanStats(out: BsonWriter, text: string | undefined): void {
  if (text === undefined) return;
  const stats = parsePythonJson(text);
  if (typeof stats !== 'object' || stats === null || Array.isArray(stats)) return;
  const count: unknown = 'num_spans' in stats ? stats.num_spans : 0;
  if (!Number.isSafeInteger(count) || (count as number) < 0) return;
  writePythonJson(out, SPAN_STATS, text);
}

/** Prompt versions by `name/version`, split at the last slash. */
function writeLinkedPrompts(out: BsonWriter, links: readonly RowView[]): void {
  const prompts = links.filter((link) => link.text(0) === 'prompt_version').map((link) => link.text(1));
  if (prompts.length === 0) return;
  const array = out.beginField(BSON_TYPE.array, LINKED_PROMPTS);
  prompts.forEach((prompt, index) => {
    const slash = prompt.lastIndexOf('/');
    const document = out.beginField(BSON_TYPE.document, indexName(index));
    out.string(NAME, slash < 0 ? prompt : prompt.slice(0, slash));
    out.string(VERSION, slash < 0 ? '' : prompt.slice(slash + 1));
    out.end(document);
  });
  out.end(array);
}
