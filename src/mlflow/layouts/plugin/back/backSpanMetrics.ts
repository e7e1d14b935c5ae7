import { findColumn, findTable, type SourceSchema } from '../../../../contract/sourceSchema.ts';
import { CLEARED_COLLECTION } from '../spans.ts';
import { COST_KEYS } from '../traceNumbers.ts';
import { asItIs, idIn } from './asItIs.ts';
import { numberOf } from './documentFields.ts';
import { guarded, membersOf } from './returnedFields.ts';
import type { Fields, Lookup, ReturnedFault, ReturnedRow, Returning } from './returning.ts';

/**
 * `span_metrics`, which the layout keeps as the table has them. Before costs became columns of `spans`, the SQL store reads them there:
 * those of spans that the plugin has taken since come from their documents.
 */
export function spanMetricsBack(schema: SourceSchema): Returning[] {
  const spans = findTable(schema, 'spans');
  const isUpgraded = spans !== undefined && findColumn(spans, 'total_cost') !== undefined;
  return isUpgraded ? [brought] : [brought, costs];
}

/** Those of the collection, but for spans that are gone. */
const brought: Returning = {
  table: 'span_metrics',
  collection: 'span_metrics',
  fields: null,
  unsaid: [],
  rows: async (page, look) => {
    const there = await keysIn(
      look,
      'spans',
      page.map(({ fields }) => traceOf(fields)),
    );
    // Rows of spans whose content went to an archive stand beside those of the plugin.
    const cleared = look.columns('trace_info').has('db_payload_generation')
      ? await keysIn(
          look,
          CLEARED_COLLECTION,
          page.map(({ fields }) => traceOf(fields)),
        )
      : new Set<string>();
    const kept = page.filter(({ fields }) => there.has(spanKey(fields)) || cleared.has(spanKey(fields)));
    return { rows: kept.map(asItIs), faults: [] };
  },
};

const costs: Returning = {
  table: 'span_metrics',
  collection: 'spans',
  fields: ['trace_id', 'span_id', 'cost'],
  unsaid: [],
  rows: async (page, look) => {
    const faults: ReturnedFault[] = [];
    const rows: ReturnedRow[] = [];
    const counted = await keysIn(
      look,
      'span_metrics',
      page.map(({ fields }) => traceOf(fields)),
    );
    for (const document of page) {
      const { shown, fields } = document;
      if (counted.has(spanKey(fields))) continue;
      const found = guarded([], document, 'cost', () => membersOf(fields.get('cost'))) ?? new Map();
      for (const key of COST_KEYS) {
        const cost = found.get(key);
        const value = cost === undefined ? undefined : numberOf(cost);
        const [trace, span] = [fields.get('trace_id') ?? null, fields.get('span_id') ?? null];
        if (value !== undefined) rows.push({ shown, row: { trace_id: trace, span_id: span, key, value } });
      }
    }
    return { rows, faults };
  },
};

/** Spans that a collection has documents of, among those of these traces. */
async function keysIn(look: Lookup, collection: string, traces: readonly string[]): Promise<ReadonlySet<string>> {
  const documents = await look.target(collection, { trace_id: { $in: [...new Set(traces)] } }, ['trace_id', 'span_id']);
  return new Set(documents.map(({ fields }) => spanKey(fields)));
}

function traceOf(fields: Fields): string {
  return idIn(fields, 'trace_id') ?? '';
}

function spanKey(fields: Fields): string {
  return JSON.stringify([traceOf(fields), idIn(fields, 'span_id')]);
}
