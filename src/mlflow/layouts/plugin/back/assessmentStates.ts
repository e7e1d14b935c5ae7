import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { guarded, textOf } from './returnedFields.ts';
import type { Lookup, ReturnedDocument } from './returning.ts';

/** What PostgreSQL has of an assessment that its document says in another spelling, or not at all. */
export interface StandingAssessment {
  readonly id: string;
  readonly type: string;
  readonly value: string;
  readonly error: string | null;
  readonly metadata: string | null;
  /** Of the trace as PostgreSQL has it, null where it has none. */
  readonly traceTime: string | null;
  /** Columns that repeat others; null before 3.17. */
  readonly copiedTime: string | null;
  readonly aggregate: number | null;
  readonly isNumeric: boolean | null;
}

/** The assessments of a page as PostgreSQL has them, and times of their traces as the target has them. */
export async function standingAssessments(
  page: readonly ReturnedDocument[],
  look: Lookup,
): Promise<{
  readonly standing: ReadonlyMap<string, StandingAssessment>;
  readonly times: ReadonlyMap<string, BsonElement | undefined>;
}> {
  const texts = (field: string) =>
    page.flatMap((document) => guarded([], document, field, () => textOf(document.fields.get(field))) ?? []);
  const columns = look.columns('assessments');
  const copied = (column: string, type: string) => (columns.has(column) ? `a.${column}::${type}` : `null::${type}`);
  const rows = await look.source<StandingAssessment>(
    `select a.assessment_id::text as id, a.assessment_type::text as type, a.value, a.error, a.assessment_metadata as metadata,` +
      ` i.timestamp_ms::text as "traceTime", ${copied('trace_timestamp_ms', 'text')} as "copiedTime",` +
      ` ${copied('aggregate_value', 'float8')} as aggregate, ${copied('is_numeric_value', 'bool')} as "isNumeric"` +
      ` from ${look.relation('assessments')} a left join ${look.relation('trace_info')} i on i.request_id = a.trace_id` +
      ' where a.assessment_id = any($1)',
    [texts('assessment_id')],
  );
  const traces = await look.target('traces', { _id: { $in: [...new Set(texts('trace_id'))] } }, ['request_time']);
  const times = traces.flatMap((document): [string, BsonElement | undefined][] => {
    const id = guarded([], document, '_id', () => textOf(document.fields.get('_id')));
    return id === null ? [] : [[id, document.fields.get('request_time')]];
  });
  return { standing: new Map(rows.map((row) => [row.id, row])), times: new Map(times) };
}
