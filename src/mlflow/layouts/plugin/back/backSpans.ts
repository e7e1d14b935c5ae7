import { findColumn, findTable, type SourceSchema } from '../../../../contract/sourceSchema.ts';
import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { bsonToJson, stringValue } from '../../../../encoding/bsonToJson.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { ValueFault } from '../../../../encoding/valueFault.ts';
import { CLEARED_COLLECTION } from '../spans.ts';
import { COST_KEYS } from '../traceNumbers.ts';
import { cutText } from '../tracePairs.ts';
import { withSpanType } from '../withSpanType.ts';
import { asItIs, idIn, withTrace } from './asItIs.ts';
import { numberOf } from './documentFields.ts';
import { isMadeOf, PYTHON, UNICODE_PYTHON } from './pythonJson.ts';
import { guarded, membersOf, unknownFields } from './returnedFields.ts';
import { experimentOf, rowOf } from './returnedRow.ts';
import type { Fields, Lookup, ReturnedDocument, ReturnedFault, ReturnedRow, Returning, RowValue } from './returning.ts';

const KNOWN: ReadonlySet<string> = new Set([
  'trace_id',
  'span_id',
  'parent_span_id',
  'name',
  'type',
  'status',
  'start_time_ns',
  'end_time_ns',
  'content',
  'dimension_attributes',
  'cost',
  // What the content says too, and what the plugin keeps for spans that come later.
  'token_usage',
  'trace_fields',
]);
/** Columns of the model (3.17 on), by the member of `dimension_attributes`. */
const DIMENSIONS: Readonly<Record<string, string>> = { model: 'model_name', provider: 'model_provider' };
/** Their characters. */
const DIMENSION_CHARACTERS = 500;

/** Spans. The plugin never changes one; what stands in their columns besides their content, MLflow has taken from that. */
export function spansBack(schema: SourceSchema): Returning[] {
  const table = findTable(schema, 'spans');
  const hasDimensions = table !== undefined && findColumn(table, 'dimension_attributes') !== undefined;
  return [
    {
      table: 'spans',
      collection: 'spans',
      fields: null,
      unsaid: [],
      // In 3.5 a span's experiment is often another one than its trace's; a span that is there keeps it.
      onlyNew: hasDimensions ? ['experiment_id', 'dimension_attributes'] : ['experiment_id'],
      rows,
    },
    // Spans whose content went to an archive stand in a collection of their own.
    {
      table: 'spans',
      collection: CLEARED_COLLECTION,
      fields: null,
      unsaid: [],
      rows: async (page, look) => ({ rows: (await withTrace(page, look, 'trace_id')).map(asItIs), faults: [] }),
    },
  ];
}

async function rows(page: readonly ReturnedDocument[], look: Lookup) {
  const faults: ReturnedFault[] = [];
  const returned: ReturnedRow[] = [];
  const experiments = await experimentsOf(page, look);
  const contents = await contentsOf(page, look);
  for (const document of page) {
    const { shown, fields } = document;
    faults.push(...unknownFields(document, KNOWN));
    const key = keyOf(fields);
    if (key === null)
      faults.push({ shown, field: 'span_id', reason: 'it has no ids of trace and span that are texts' });
    const experiment = key === null ? undefined : experiments.get(key.trace);
    if (key !== null && experiment === undefined)
      faults.push({ shown, field: 'trace_id', reason: 'there is no such trace' });
    if (key === null || experiment === undefined) continue;
    const content = guarded(faults, document, 'content', () =>
      contentText(fields.get('content'), contents.get(JSON.stringify([key.trace, key.span]))),
    );
    const figures = guarded(faults, document, '', () => figuresOf(fields)) ?? {};
    const columns = look.columns('spans');
    const row = {
      trace_id: fields.get('trace_id'),
      span_id: fields.get('span_id'),
      experiment_id: experiment,
      parent_span_id: fields.get('parent_span_id'),
      name: fields.get('name'),
      type: fields.get('type'),
      status: fields.get('status'),
      start_time_unix_nano: fields.get('start_time_ns'),
      end_time_unix_nano: fields.get('end_time_ns'),
      content,
    };
    returned.push({
      shown,
      row: {
        ...rowOf(columns, row),
        ...Object.fromEntries(Object.entries(figures).filter(([name]) => columns.has(name))),
      },
    });
  }
  return { rows: returned, faults };
}

interface SpanKey {
  readonly trace: string;
  readonly span: string;
}

function keyOf(fields: Fields): SpanKey | null {
  const [trace, span] = [idIn(fields, 'trace_id'), idIn(fields, 'span_id')];
  return trace === null || span === null ? null : { trace, span };
}

/** Numbers of the experiments of the spans' traces, by trace. */
async function experimentsOf(page: readonly ReturnedDocument[], look: Lookup): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(page.flatMap(({ fields }) => keyOf(fields)?.trace ?? []))];
  const found = new Map<string, string>();
  for (const document of await look.target('traces', { _id: { $in: ids } }, ['experiment_id'])) {
    const id = idIn(document.fields, '_id');
    // Where there is none, the trace's own row tells.
    const number = await experimentOf(document, 'experiment_id', look, []);
    if (id !== null) found.set(id, number ?? '');
  }
  return found;
}

/** The contents that PostgreSQL has of these spans. */
async function contentsOf(page: readonly ReturnedDocument[], look: Lookup): Promise<ReadonlyMap<string, string>> {
  const keys = page.flatMap(({ fields }) => keyOf(fields) ?? []);
  const found = await look.source<{ trace: string; span: string; content: string }>(
    `select s.trace_id::text as trace, s.span_id::text as span, s.content from ${look.relation('spans')} s` +
      ' join unnest($1::text[], $2::text[]) u(trace, span) on s.trace_id = u.trace and s.span_id = u.span',
    [keys.map(({ trace }) => trace), keys.map(({ span }) => span)],
  );
  return new Map(found.map(({ trace, span, content }) => [JSON.stringify([trace, span]), content]));
}

/** The content as text: that of the row where the document is what the migration made of it. */
function contentText(content: BsonElement | undefined, standing: string | undefined): string {
  if (content?.type !== BSON_TYPE.document) throw new ValueFault('it is no document');
  if (standing !== undefined && isMadeOf(content, withSpanType(standing))) return standing;
  return bsonToJson(content.type, content.value, UNICODE_PYTHON);
}

/** Columns that repeat what the content says, as MLflow fills them. Of those that this release has not, none is wanted. */
function figuresOf(fields: Fields): Record<string, RowValue> {
  const row: Record<string, RowValue> = { duration_ns: durationOf(fields) };
  const dimensions = membersOf(fields.get('dimension_attributes'));
  const texts: string[] = [];
  for (const [member, column] of Object.entries(DIMENSIONS)) {
    const value = dimensions.get(member);
    row[column] = value?.type === BSON_TYPE.string ? cutText(stringValue(value.value), DIMENSION_CHARACTERS) : null;
    if (value !== undefined) texts.push(`"mlflow.llm.${member}": ${bsonToJson(value.type, value.value, PYTHON)}`);
  }
  // SQLAlchemy writes JSON's null where there is none.
  row['dimension_attributes'] = texts.length === 0 ? 'null' : `{${texts.join(', ')}}`;
  const costs = membersOf(fields.get('cost'));
  for (const name of COST_KEYS) {
    const cost = costs.get(name);
    const number = cost === undefined ? undefined : numberOf(cost);
    // MLflow hands numbers to PostgreSQL as decimals, which know no -0.
    row[name] = number !== undefined && Number.isFinite(number) ? number + 0 : null;
  }
  return row;
}

/** PostgreSQL computes it in MLflow's schema, and a column of that kind is left to it. */
function durationOf(fields: Fields): RowValue {
  const [start, end] = ['start_time_ns', 'end_time_ns'].map((field) => {
    const time = fields.get(field);
    // The driver of the plugin writes small numbers as int32.
    if (time?.type === BSON_TYPE.int32) return BigInt(time.value.readInt32LE(0));
    return time?.type === BSON_TYPE.int64 ? time.value.readBigInt64LE(0) : null;
  }) as [bigint | null, bigint | null];
  return start === null || end === null ? null : end - start;
}
