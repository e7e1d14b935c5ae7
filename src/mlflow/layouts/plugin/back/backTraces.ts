import { stringValue } from '../../../../encoding/bsonToJson.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { COST_KEY, NAME_TAG, SESSION_KEY, STATES, TOKEN_USAGE_KEY } from '../traceKeys.ts';
import { COST_KEYS, costsIn, TOKEN_KEYS, tokensIn } from '../traceNumbers.ts';
import { unknownFields } from './returnedFields.ts';
import { experimentOf, rowOf } from './returnedRow.ts';
import type { Lookup, ReturnedFault, ReturnedRow, Returning, RowValue } from './returning.ts';
import { isAsMigrated, pairText, type TraceDocument, traceDocuments } from './traceDocuments.ts';
import { addCopyFaults, addHomelessFaults } from './traceFaults.ts';

const KNOWN: ReadonlySet<string> = new Set([
  'experiment_id',
  'request_time',
  'state',
  'execution_duration',
  'client_request_id',
  'request_preview',
  'response_preview',
  'tags',
  'trace_metadata',
  'run_ids',
  'linked_prompts',
  // Copies of metadata, and what the plugin keeps for spans that come later.
  'token_usage',
  'cost',
  'span_stats',
  'trace_info_finalized',
  'authoritative_metadata_keys',
  'span_revision',
]);

/** Traces: the rows of `trace_info`. */
export function tracesBack(): Returning[] {
  return [traces];
}

const traces: Returning = {
  table: 'trace_info',
  collection: 'traces',
  fields: null,
  unsaid: ['db_payload_generation'],
  rows: async (page, look) => {
    const faults: ReturnedFault[] = [];
    const documents = await traceDocuments(page, look, faults);
    for (const one of documents) {
      faults.push(...unknownFields(one.document, KNOWN));
      addCopyFaults(one, faults);
    }
    await addHomelessFaults(documents, look, faults);
    const rows: ReturnedRow[] = [];
    for (const one of documents) {
      const { document } = one;
      const experiment = await experimentOf(document, 'experiment_id', look, faults);
      if (experiment === null) continue;
      const row = { ...plain(one, look), ...promoted(one, look), experiment_id: experiment };
      rows.push({ shown: document.shown, row });
    }
    return { rows, faults };
  },
};

function plain({ document: { fields }, state }: TraceDocument, look: Lookup): Record<string, RowValue> {
  const status = fields.get('state');
  const isOldSpelling =
    state !== null && status?.type === BSON_TYPE.string && STATES[state.status] === stringValue(status.value);
  return rowOf(look.columns('trace_info'), {
    request_id: fields.get('_id'),
    timestamp_ms: fields.get('request_time'),
    execution_time_ms: fields.get('execution_duration'),
    status: isOldSpelling ? state.status : status,
    client_request_id: fields.get('client_request_id'),
    request_preview: fields.get('request_preview'),
    response_preview: fields.get('response_preview'),
  });
}

/** Columns that documents have as tags and metadata. */
function promoted(one: TraceDocument, look: Lookup): Record<string, RowValue> {
  const usage = pairText(one.metadata, TOKEN_USAGE_KEY) ?? undefined;
  const costs = pairText(one.metadata, COST_KEY) ?? undefined;
  const told: readonly (readonly [key: string, columns: readonly string[], values: readonly RowValue[]])[] = [
    [NAME_TAG, ['trace_name'], [pairText(one.tags, NAME_TAG)]],
    [SESSION_KEY, ['session_id'], [pairText(one.metadata, SESSION_KEY)]],
    [TOKEN_USAGE_KEY, TOKEN_KEYS, tokensIn(usage)],
    [COST_KEY, COST_KEYS, costsIn(costs)],
  ];
  const row: Record<string, RowValue> = {};
  for (const [key, columns, values] of told) {
    const stays = isAsMigrated(one, key);
    columns.forEach((column, index) => {
      if (!look.columns('trace_info').has(column)) return;
      row[column] = (stays ? standing(one, column) : values[index]) ?? null;
    });
  }
  return row;
}

/** What the column has now. */
function standing({ state }: TraceDocument, column: string): RowValue {
  const text = state?.columns[column] ?? null;
  return text !== null && COST_KEYS.includes(column) ? Number(text) : text;
}
