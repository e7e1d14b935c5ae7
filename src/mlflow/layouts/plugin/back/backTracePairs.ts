import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { idOf } from './returnedRow.ts';
import type { Lookup, ReturnedRow, Returning, RowValue } from './returning.ts';
import { isAsMigrated, isUntouched, TRACE_FIELDS, type TraceDocument, traceDocuments } from './traceDocuments.ts';
import { FINALIZED_KEY, PROMOTED } from './traceStates.ts';

/** Tags and metadata of traces, but for those that columns have. */
export function tracePairsBack(): Returning[] {
  return [pairs('trace_tags'), pairs('trace_request_metadata')];
}

function pairs(table: keyof typeof PROMOTED): Returning {
  return {
    table,
    collection: 'traces',
    fields: TRACE_FIELDS,
    unsaid: [],
    standsForNull: { value: '' },
    rows: async (page, look) => {
      // What cannot be read of a trace is told with its row in `trace_info`.
      const documents = await traceDocuments(page, look, []);
      return { rows: documents.flatMap((one) => pairsOf(table, one, look)), faults: [] };
    },
  };
}

function pairsOf(table: keyof typeof PROMOTED, one: TraceDocument, look: Lookup): ReturnedRow[] {
  const { document, state } = one;
  const isTags = table === 'trace_tags';
  const promoted: Readonly<Record<string, readonly string[]>> = PROMOTED[table];
  const standing: ReadonlyMap<string, string | null> = (isTags ? state?.tags : state?.metadata) ?? new Map();
  const told = (isTags ? one.tags : one.metadata).flatMap(({ key, value }): [string, RowValue][] => {
    const [column] = promoted[key] ?? [];
    const hasRow = standing.has(key);
    // Where columns say it, a row of the key is of no meaning to the SQL store: it stays as long as the trace has any value.
    if (column !== undefined && (isAsMigrated(one, key) || look.columns('trace_info').has(column)))
      return hasRow ? [[key, standing.get(key) ?? null]] : [];
    return [[key, value]];
  });
  // A value that the migration could make nothing of is in no document.
  const unread = Object.keys(promoted).filter(
    (key) => standing.has(key) && state?.merged.get(key) === null && !told.some(([other]) => other === key),
  );
  return [
    ...told,
    ...unread.map((key): [string, RowValue] => [key, standing.get(key) ?? null]),
    ...(isTags ? [] : finalized(one, look)),
  ].map(([key, value]) => ({ shown: document.shown, row: { request_id: idOf(document), key, value } }));
}

/** The SQL store marks a trace that a client has told it of by metadata of its own, the plugin by a field; releases without the columns by nothing. */
function finalized(one: TraceDocument, look: Lookup): [string, RowValue][] {
  const { document, state, metadata } = one;
  const field = document.fields.get('trace_info_finalized');
  const isFinalized = field?.type === BSON_TYPE.bool && field.value[0] === 1;
  if (!isFinalized || metadata.some(({ key }) => key === FINALIZED_KEY)) return [];
  if (state !== null) {
    const value = state.metadata.get(FINALIZED_KEY);
    return value === undefined ? [] : [[FINALIZED_KEY, value]];
  }
  return isUntouched(one) || !look.columns('trace_info').has('session_id') ? [] : [[FINALIZED_KEY, 'true']];
}
