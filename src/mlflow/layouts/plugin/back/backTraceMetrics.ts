import { findColumn, findTable, type SourceSchema } from '../../../../contract/sourceSchema.ts';
import { TOKEN_USAGE_KEY } from '../traceKeys.ts';
import { TOKEN_KEYS, tokensIn, upgradedTokens } from '../traceNumbers.ts';
import { asItIs, idIn, withTrace } from './asItIs.ts';
import { numberOf } from './documentFields.ts';
import type { Lookup, ReturnedDocument, ReturnedRow, Returning, RowValue } from './returning.ts';
import {
  isAsMigrated,
  isUntouched,
  pairText,
  TRACE_FIELDS,
  type TraceDocument,
  traceDocuments,
} from './traceDocuments.ts';

/**
 * `trace_metrics`, which the layout keeps as the table has them. Before the counts became columns of `trace_info`, the SQL store reads
 * token usage there as well as in the metadata: those come back from the traces.
 */
export function traceMetricsBack(schema: SourceSchema): Returning[] {
  const traces = findTable(schema, 'trace_info');
  const isUpgraded = traces !== undefined && findColumn(traces, 'input_tokens') !== undefined;
  return isUpgraded ? [own([])] : [own(TOKEN_KEYS), tokens];
}

/** Those of the collection, but for keys that come from elsewhere and traces that are gone. */
function own(without: readonly string[]): Returning {
  return {
    table: 'trace_metrics',
    collection: 'trace_metrics',
    fields: null,
    unsaid: [],
    rows: async (page, look) => {
      const kept = (await withTrace(page, look, 'request_id')).filter(
        ({ fields }) => !without.includes(idIn(fields, 'key') ?? ''),
      );
      return { rows: kept.map(asItIs), faults: [] };
    },
  };
}

const tokens: Returning = {
  table: 'trace_metrics',
  collection: 'traces',
  fields: TRACE_FIELDS,
  unsaid: [],
  rows: async (page, look) => {
    const documents = await traceDocuments(page, look, []);
    const brought = await broughtCounts(look, documents.filter(isUntouched));
    return { rows: documents.flatMap((one) => countsOf(one, brought.get(one.id) ?? [])), faults: [] };
  },
};

/** As they are where nobody changed them: in PostgreSQL, or where that has no such trace, as the migration brought them. Else as the metadata says. */
function countsOf(one: TraceDocument, brought: readonly ReturnedDocument[]): ReturnedRow[] {
  const { document, id, state } = one;
  const row = (key: string, value: RowValue): ReturnedRow => ({
    shown: document.shown,
    row: { request_id: id, key, value },
  });
  if (state !== null && isAsMigrated(one, TOKEN_USAGE_KEY))
    return [...state.metrics].map(([key, value]) => row(key, value));
  const text = pairText(one.metadata, TOKEN_USAGE_KEY);
  const counts = new Map(
    brought.map(({ fields }) => {
      const value = fields.get('value');
      return [idIn(fields, 'key') ?? '', value === undefined ? null : (numberOf(value) ?? null)];
    }),
  );
  if (state === null && isUntouched(one) && upgradedTokens(text ?? undefined, counts) === text)
    return brought.map(asItIs);
  return tokensIn(text ?? undefined).flatMap((count, index) =>
    count === null ? [] : [row(TOKEN_KEYS[index] as string, Number(count))],
  );
}

/** Counts of these traces as the migration brought them, by trace. */
async function broughtCounts(
  look: Lookup,
  traces: readonly TraceDocument[],
): Promise<ReadonlyMap<string, readonly ReturnedDocument[]>> {
  const ids = traces.filter(({ state }) => state === null).map(({ id }) => id);
  const documents =
    ids.length === 0
      ? []
      : await look.target('trace_metrics', { request_id: { $in: ids }, key: { $in: TOKEN_KEYS } }, null);
  return Map.groupBy(documents, ({ fields }) => idIn(fields, 'request_id') ?? '');
}
