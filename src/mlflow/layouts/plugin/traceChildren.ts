import { quoteLiteral } from '../../../quoteSql.ts';
import type { ChildDefinition, CollectionDefinition, SchemaNote } from '../layout.ts';
import { remainder } from './layoutPart.ts';
import type { LayoutSource } from './layoutSource.ts';
import { TOKEN_KEYS } from './traceNumbers.ts';

const ASSOCIATION_COLUMNS = ['source_type', 'source_id', 'destination_type', 'destination_id'];
const IS_OF_TRACE = `t.source_type = 'trace' and t.destination_type in ('run', 'prompt_version')`;

/** Rows: destination type, destination id; in the order of their making. */
export function associationChild(source: LayoutSource): ChildDefinition | null {
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
export function looseAssociations(source: LayoutSource, child: number, notes: SchemaNote[]): CollectionDefinition[] {
  if (child < 0) return [];
  const trace = `exists (select from ${source.relation('trace_info')} i where i.request_id = t.source_id)`;
  return remainder(source, 'entity_associations', `not (${IS_OF_TRACE} and ${trace})`, notes);
}

/** Rows: key, value; of token counts before they became columns. */
export function metricChild(source: LayoutSource): ChildDefinition | null {
  const isUpgraded = source.has('trace_info', 'input_tokens');
  if (isUpgraded || !source.has('trace_metrics', 'request_id', 'key', 'value')) return null;
  return {
    table: 'trace_metrics',
    from: `${source.relation('trace_metrics')} t`,
    select: ['t.key::text', 't.value::float8'],
    where: `t.key in (${TOKEN_KEYS.map(quoteLiteral).join(', ')})`,
    link: ['t.request_id'],
    parentLink: ['t."request_id"'],
    orderBy: null,
    isCounted: false,
  };
}

/** The cost of a gateway's trace by its spans, which the upgrade takes where the trace tells none. */
export function costOfSpans(source: Pick<LayoutSource, 'has' | 'relation'>): string {
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
