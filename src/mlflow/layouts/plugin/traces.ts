import { BSON_TYPE, type BsonWriter, type FieldName, fieldName, indexName } from '../../../encoding/bsonWriter.ts';
import { ID_FIELD } from '../../../encoding/documentId.ts';
import { writePythonJson } from '../../../encoding/jsonToBson.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { quoteLiteral } from '../../../quoteSql.ts';
import type { ChildDefinition, CollectionDefinition, SchemaNote } from '../layout.ts';
import {
  noteNull,
  TRACKING_PAIR,
  writeEmptyArray,
  writeIdText,
  writeInt64,
  writeInt64OrZero,
  writeText,
} from './fields.ts';
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
import { parsePythonJson } from './pythonText.ts';
import { Selection } from './selection.ts';
import {
  promotedColumns,
  promotedNumbers,
  TOKEN_KEYS,
  upgradedCosts,
  upgradedTokens,
  writeNumbers,
} from './traceNumbers.ts';

const NAME_TAG = 'mlflow.traceName';
const SESSION_KEY = 'mlflow.trace.session';
const TOKEN_USAGE_KEY = 'mlflow.trace.tokenUsage';
const COST_KEY = 'mlflow.trace.cost';
const SOURCE_RUN_KEY = 'mlflow.sourceRun';
const SIZE_STATS_KEY = 'mlflow.trace.sizeStats';
/** Lengths of the columns of 3.17 in characters. */
const NAME_CHARACTERS = 4096;
const SESSION_CHARACTERS = 250;

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
  const spansCost = columns.expression(costOfSpans(source));
  const children = new ChildList();
  const byTrace = { link: ['request_id'], parentLink: ['request_id'], key: 'key', value: 'value' };
  const tags = children.add(pairChild(source, { ...byTrace, table: 'trace_tags' }));
  const metadata = children.add(pairChild(source, { ...byTrace, table: 'trace_request_metadata' }));
  const associations = children.add(associationChild(source));
  const metrics = children.add(metricChild(source));
  const notes: SchemaNote[] = columns.notes();
  const trace = { table: 'trace_info', link: ['request_id'] };
  const embedded = ['trace_tags', 'trace_request_metadata'];
  return {
    collections: [
      {
        collection: 'traces',
        ...rootRows(source, columns, 'trace_info', ['request_id']),
        children: children.definitions,
        optionalFields: ['token_usage', 'cost', 'span_stats', 'linked_prompts'],
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
          if (row.isNull(status)) noteNull(out, STATE, "'STATE_UNSPECIFIED'");
          const stored = row.textOrNull(status) ?? 'STATE_UNSPECIFIED';
          out.string(STATE, STATES[stored] ?? stored);
          writeInt64(out, EXECUTION_DURATION, row, duration);
          writeText(out, CLIENT_REQUEST_ID, row, clientRequestId);
          writeText(out, REQUEST_PREVIEW, row, requestPreview);
          writeText(out, RESPONSE_PREVIEW, row, responsePreview);
          const tagPairs = pairsOf(rowsOf(rows, tags));
          replace(
            out,
            'tags',
            tagPairs,
            NAME_TAG,
            row.textOrNull(traceName) ?? cut(tagPairs.get(NAME_TAG), NAME_CHARACTERS),
          );
          writePairMap(out, TAGS, tagPairs);
          const pairs = pairsOf(rowsOf(rows, metadata));
          replace(
            out,
            'trace_metadata',
            pairs,
            SESSION_KEY,
            row.textOrNull(sessionId) ?? cut(pairs.get(SESSION_KEY), SESSION_CHARACTERS),
          );
          const usage =
            promotedNumbers(row, promoted.tokens) ??
            upgradedTokens(pairs.get(TOKEN_USAGE_KEY), numbersOf(rowsOf(rows, metrics)));
          replace(out, 'trace_metadata', pairs, TOKEN_USAGE_KEY, usage);
          const cost =
            promotedNumbers(row, promoted.costs) ?? upgradedCosts(pairs.get(COST_KEY), row.double(spansCost) ?? null);
          replace(out, 'trace_metadata', pairs, COST_KEY, cost);
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

/** Gives the key that value alone; none where it is null. A row that said something else is noted. */
function replace(out: BsonWriter, field: string, pairs: Pairs, key: string, value: string | null): void {
  const before = pairs.get(key);
  if (before !== undefined && before !== value && !isSameJson(before, value ?? '')) {
    const message = "stands as MLflow's upgrade to 3.17 leaves it in its columns, which is not as its row has it";
    out.losses.push({ severity: 'note', field: `${field}.${key}`, message });
  }
  if (value === null) pairs.delete(key);
  else pairs.set(key, value);
}

/** Are both texts the same flat JSON object, in whatever order and spelling? */
function isSameJson(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => {
    const value = parsePythonJson(text);
    return typeof value === 'object' && value !== null ? JSON.stringify(Object.entries(value).sort()) : null;
  });
  return left !== null && left === right;
}

/** The first characters of a text, as the upgrade cuts what became a column. */
function cut(text: string | undefined, characters: number): string | null {
  if (text === undefined) return null;
  return text.length <= characters ? text : [...text].slice(0, characters).join('');
}

/** Rows: key, value; of token counts before they became columns. */
function metricChild(source: LayoutSource): ChildDefinition | null {
  const isUpgraded = source.has('trace_info', 'input_tokens');
  if (isUpgraded || !source.has('trace_metrics', 'request_id', 'key', 'value')) return null;
  return {
    table: 'trace_metrics',
    from: `${source.relation('trace_metrics')} t`,
    select: ['t.key::text', 't.value::float8'],
    where: `t.key in (${TOKEN_KEYS.map(quoteLiteral).join(', ')})`,
    link: ['t.request_id'],
    parentLink: ['t."request_id"'],
    orderBy: ['t.request_id', 't.key::text collate "C"'],
    isCounted: false,
  };
}

function numbersOf(rows: readonly RowView[]): ReadonlyMap<string, number | null> {
  return new Map(rows.map((row) => [row.text(0), row.double(1) ?? null]));
}

/** The cost of a gateway's trace by its spans, which the upgrade takes where the trace tells none. */
function costOfSpans(source: LayoutSource): string {
  const isUpgraded = source.has('trace_info', 'total_cost');
  const tables = source.has('span_metrics', 'trace_id', 'key', 'value') && source.has('trace_request_metadata', 'key');
  if (isUpgraded || !tables) return 'null::float8';
  return (
    `case when exists (select from ${source.relation('trace_request_metadata')} g` +
    ` where g.request_id = t.request_id and g.key = 'mlflow.gateway.endpointId')` +
    ` then (select sum(s.value)::float8 from ${source.relation('span_metrics')} s` +
    ` where s.trace_id = t.request_id and s.key = 'total_cost') end`
  );
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
  writePythonJson(out, SPAN_STATS, text, null);
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
