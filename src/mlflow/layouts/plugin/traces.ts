import { BSON_TYPE, fieldName, indexName } from '../../../encoding/bsonWriter.ts';
import { ID_FIELD } from '../../../encoding/documentId.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import type { SchemaNote } from '../layout.ts';
import { noteNull, writeIdText, writeInt64, writeInt64OrZero, writeText } from './fields.ts';
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
import { associationChild, costOfSpans, looseAssociations, metricChild } from './traceChildren.ts';
import {
  COST_KEY,
  NAME_CHARACTERS,
  NAME_TAG,
  SESSION_CHARACTERS,
  SESSION_KEY,
  SIZE_STATS_KEY,
  SOURCE_RUN_KEY,
  STATES,
  TOKEN_USAGE_KEY,
} from './traceKeys.ts';
import { writeLinkedPrompts, writeRunIds, writeSpanStats } from './traceLinks.ts';
import { promotedColumns, promotedNumbers, upgradedCosts, upgradedTokens, writeNumbers } from './traceNumbers.ts';
import { cutText, pairsOf, replacePair, writePairMap } from './tracePairs.ts';

const EXPERIMENT_ID = fieldName('experiment_id');
const REQUEST_TIME = fieldName('request_time');
const STATE = fieldName('state');
const EXECUTION_DURATION = fieldName('execution_duration');
const CLIENT_REQUEST_ID = fieldName('client_request_id');
const REQUEST_PREVIEW = fieldName('request_preview');
const RESPONSE_PREVIEW = fieldName('response_preview');
const TAGS = fieldName('tags');
const TRACE_METADATA = fieldName('trace_metadata');
const TOKEN_USAGE = fieldName('token_usage');
const COST = fieldName('cost');
const TRACE_INFO_FINALIZED = fieldName('trace_info_finalized');
const AUTHORITATIVE_METADATA_KEYS = fieldName('authoritative_metadata_keys');
const SPAN_REVISION = fieldName('span_revision');

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
          const tagPairs = pairsOf(childRows(rows, tags));
          replacePair(
            out,
            'tags',
            tagPairs,
            NAME_TAG,
            row.textOrNull(traceName) ?? cutText(tagPairs.get(NAME_TAG), NAME_CHARACTERS),
          );
          writePairMap(out, TAGS, tagPairs);
          const pairs = pairsOf(childRows(rows, metadata));
          replacePair(
            out,
            'trace_metadata',
            pairs,
            SESSION_KEY,
            row.textOrNull(sessionId) ?? cutText(pairs.get(SESSION_KEY), SESSION_CHARACTERS),
          );
          const usage =
            promotedNumbers(row, promoted.tokens) ??
            upgradedTokens(pairs.get(TOKEN_USAGE_KEY), numbersOf(childRows(rows, metrics)));
          replacePair(out, 'trace_metadata', pairs, TOKEN_USAGE_KEY, usage);
          const cost =
            promotedNumbers(row, promoted.costs) ?? upgradedCosts(pairs.get(COST_KEY), row.double(spansCost) ?? null);
          replacePair(out, 'trace_metadata', pairs, COST_KEY, cost);
          writePairMap(out, TRACE_METADATA, pairs);
          const links = childRows(rows, associations);
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

function numbersOf(rows: readonly RowView[]): ReadonlyMap<string, number | null> {
  return new Map(rows.map((row) => [row.text(0), row.double(1) ?? null]));
}
