import { pythonFloat } from '../../../../encoding/pythonFloat.ts';
import { costOfSpans } from '../traceChildren.ts';
import { COST_KEY, NAME_CHARACTERS, NAME_TAG, SESSION_CHARACTERS, SESSION_KEY, TOKEN_USAGE_KEY } from '../traceKeys.ts';
import { COST_KEYS, numbersText, TOKEN_KEYS, upgradedCosts, upgradedTokens } from '../traceNumbers.ts';
import { cutText } from '../tracePairs.ts';
import type { Lookup } from './returning.ts';

/** Marks a trace whose fields the SQL store takes no longer from its spans (3.17 on); the plugin has a field for it. */
export const FINALIZED_KEY = 'mlflow.trace.infoFinalized';

/** What PostgreSQL says of a trace where it says it in several places: as the migration reads it, and where it stands. */
export interface TraceState {
  readonly status: string;
  readonly timestamp: string;
  /** Values of the columns from 3.17 on, by name, as text; none before. */
  readonly columns: Readonly<Record<string, string | null>>;
  /** Rows that are not simply what the document says: of keys that columns are merged with, and where the value is NULL. */
  readonly tags: ReadonlyMap<string, string | null>;
  readonly metadata: ReadonlyMap<string, string | null>;
  /** Token counts in `trace_metrics`, before they were columns. */
  readonly metrics: ReadonlyMap<string, number | null>;
  /** What the migration makes of all of it, by tag or metadata key: null where it writes none. */
  readonly merged: ReadonlyMap<string, string | null>;
}

/** Tags and metadata that a column has (3.17 on), by the table and then by the first of its columns. */
export const PROMOTED = {
  trace_tags: { [NAME_TAG]: ['trace_name'] },
  trace_request_metadata: { [SESSION_KEY]: ['session_id'], [TOKEN_USAGE_KEY]: TOKEN_KEYS, [COST_KEY]: COST_KEYS },
} as const;

const COLUMNS = Object.values(PROMOTED).flatMap((keys) => Object.values(keys).flat());

/** The traces of these ids as PostgreSQL has them; those that it does not have are absent. */
export async function traceStates(look: Lookup, ids: readonly string[]): Promise<ReadonlyMap<string, TraceState>> {
  const there = COLUMNS.filter((column) => look.columns('trace_info').has(column));
  const has = (table: string, ...columns: readonly string[]) =>
    columns.length > 0 ? columns.every((column) => look.columns(table).has(column)) : look.columns(table).size > 0;
  const select = [
    't.request_id::text as id',
    't.status::text as status',
    't.timestamp_ms::text as timestamp',
    ...there.map((column) => `t.${column}::text as ${column}`),
    `${costOfSpans({ has, relation: look.relation })} as spans`,
  ];
  const rows = await look.source<Record<string, string | null> & { id: string; spans: number | null }>(
    `select ${select.join(', ')} from ${look.relation('trace_info')} t where t.request_id = any($1)`,
    [ids],
  );
  const tags = await rowsOf(look, 'trace_tags', ids, [NAME_TAG]);
  const keys = [SESSION_KEY, TOKEN_USAGE_KEY, COST_KEY, FINALIZED_KEY];
  const metadata = await rowsOf(look, 'trace_request_metadata', ids, keys);
  const metrics = there.includes('input_tokens') || !has('trace_metrics') ? new Map() : await metricsOf(look, ids);
  return new Map(
    rows.map(({ id, status, timestamp, spans, ...columns }) => {
      const own = {
        tags: tags.get(id) ?? new Map<string, string | null>(),
        metadata: metadata.get(id) ?? new Map<string, string | null>(),
        metrics: (metrics.get(id) as TraceState['metrics'] | undefined) ?? new Map<string, number | null>(),
      };
      const state = { status: status ?? '', timestamp: timestamp ?? '', columns, ...own };
      return [id, { ...state, merged: merged(state, spans) }];
    }),
  );
}

/** As `tracesPart` writes them. */
function merged(
  { columns, tags, metadata, metrics }: Omit<TraceState, 'merged'>,
  spansTotal: number | null,
): Map<string, string | null> {
  const textOf = (rows: ReadonlyMap<string, string | null>, key: string) =>
    rows.has(key) ? (rows.get(key) ?? '') : undefined;
  const tokens = TOKEN_KEYS.map((name) => columns[name] ?? null);
  const costs = COST_KEYS.map((name) => columns[name] ?? null);
  return new Map([
    [NAME_TAG, columns['trace_name'] ?? cutText(textOf(tags, NAME_TAG), NAME_CHARACTERS)],
    [SESSION_KEY, columns['session_id'] ?? cutText(textOf(metadata, SESSION_KEY), SESSION_CHARACTERS)],
    [TOKEN_USAGE_KEY, numbersText(TOKEN_KEYS, tokens) ?? upgradedTokens(textOf(metadata, TOKEN_USAGE_KEY), metrics)],
    [
      COST_KEY,
      numbersText(
        COST_KEYS,
        costs.map((cost) => (cost === null ? null : pythonFloat(Number(cost)))),
      ) ?? upgradedCosts(textOf(metadata, COST_KEY), spansTotal),
    ],
  ]);
}

async function rowsOf(
  look: Lookup,
  table: string,
  ids: readonly string[],
  keys: readonly string[],
): Promise<ReadonlyMap<string, Map<string, string | null>>> {
  if (look.columns(table).size === 0) return new Map();
  const rows = await look.source<{ id: string; key: string; value: string | null }>(
    `select request_id::text as id, key::text as key, value::text as value from ${look.relation(table)}` +
      ` where request_id = any($1) and (key = any($2) or value is null)`,
    [ids, keys],
  );
  return byId(rows);
}

async function metricsOf(
  look: Lookup,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Map<string, number | null>>> {
  const rows = await look.source<{ id: string; key: string; value: number | null }>(
    `select request_id::text as id, key::text as key, value::float8 as value from ${look.relation('trace_metrics')}` +
      ` where request_id = any($1) and key = any($2)`,
    [ids, TOKEN_KEYS],
  );
  return byId(rows);
}

function byId<T>(
  rows: readonly { readonly id: string; readonly key: string; readonly value: T }[],
): Map<string, Map<string, T>> {
  const all = new Map<string, Map<string, T>>();
  for (const { id, key, value } of rows) {
    const own = all.get(id) ?? new Map<string, T>();
    all.set(id, own.set(key, value));
  }
  return all;
}
