import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { bsonToJson } from '../../../../encoding/bsonToJson.ts';
import { ValueFault } from '../../../../encoding/valueFault.ts';
import { numericOf } from './assessmentNumbers.ts';
import { type StandingAssessment, standingAssessments } from './assessmentStates.ts';
import { isNothing, isText, numberOf } from './documentFields.ts';
import { isMadeOf, PYTHON } from './pythonJson.ts';
import { assertKnown, guarded, membersOf, textOf, unknownFields } from './returnedFields.ts';
import { experimentOf, rowOf } from './returnedRow.ts';
import type { Fields, ReturnedDocument, ReturnedFault, ReturnedRow, Returning, RowValue } from './returning.ts';
import { millisecondsOf } from './rfc3339.ts';

const KNOWN: ReadonlySet<string> = new Set(['trace_id', 'experiment_id', 'assessment_id', 'content']);
const TYPES = ['feedback', 'expectation', 'issue'] as const;
const CONTENT = [
  'assessment_id',
  'trace_id',
  'assessment_name',
  'source',
  'create_time',
  'last_update_time',
  'valid',
  'rationale',
  'span_id',
  'overrides',
  'run_id',
  'metadata',
  ...TYPES,
];

/** Assessments of traces. */
export function assessmentsBack(): Returning[] {
  return [
    {
      table: 'assessments',
      collection: 'assessments',
      fields: null,
      unsaid: [],
      // Its own copy of the trace's experiment, which may be missing.
      onlyNew: ['experiment_id'],
      rows: async (page, look) => {
        const faults: ReturnedFault[] = [];
        const rows: ReturnedRow[] = [];
        const { standing, times } = await standingAssessments(page, look);
        const columns = look.columns('assessments');
        for (const document of page) {
          const { shown, fields } = document;
          faults.push(...unknownFields(document, KNOWN));
          const experiment = await experimentOf(document, 'experiment_id', look, faults);
          const id = guarded(faults, document, 'assessment_id', () => textOf(fields.get('assessment_id')));
          const trace = guarded(faults, document, 'trace_id', () => textOf(fields.get('trace_id')));
          if (trace !== null && !times.has(trace))
            faults.push({ shown, field: 'trace_id', reason: 'there is no such trace' });
          const row = guarded(faults, document, 'content', () => rowIn(document, standing.get(id ?? '')));
          if (row === null) continue;
          const own = { ...row, experiment_id: experiment, ...timeOf(standing.get(id ?? ''), times.get(trace ?? '')) };
          rows.push({ shown, row: rowOf(columns, withoutFigures(columns, own)) });
        }
        return { rows, faults };
      },
    },
  ];
}

/** Time of the trace, which the row repeats (3.17 on). It stays what it is as long as the trace's is what it was. */
function timeOf(standing: StandingAssessment | undefined, time: BsonElement | undefined): Record<string, RowValue> {
  const isSame = standing !== undefined && time !== undefined && String(numberOf(time)) === standing.traceTime;
  return { trace_timestamp_ms: isSame ? standing.copiedTime : (time ?? null) };
}

/** Columns that repeat what others say (3.17 on). Of an earlier release none is wanted. */
function withoutFigures(columns: ReadonlySet<string>, row: Record<string, RowValue>): Record<string, RowValue> {
  const repeated = ['experiment_id', 'trace_timestamp_ms', 'aggregate_value', 'is_numeric_value'];
  return Object.fromEntries(Object.entries(row).filter(([name]) => columns.has(name) || !repeated.includes(name)));
}

function rowIn({ fields }: ReturnedDocument, standing: StandingAssessment | undefined): Record<string, RowValue> {
  const content = membersOf(fields.get('content'));
  assertKnown(content, CONTENT);
  for (const id of ['assessment_id', 'trace_id']) {
    const inside = textOf(content.get(id));
    if (inside !== null && inside !== textOf(fields.get(id)))
      throw new ValueFault(`its ${id} is another one than that of the document`);
  }
  const source = membersOf(content.get('source'));
  assertKnown(source, ['source_type', 'source_id']);
  return {
    assessment_id: fields.get('assessment_id') ?? null,
    trace_id: fields.get('trace_id') ?? null,
    name: content.get('assessment_name') ?? null,
    created_timestamp: millisecondsOf(textOf(content.get('create_time'))),
    last_updated_timestamp: millisecondsOf(textOf(content.get('last_update_time'))),
    source_type: source.get('source_type') ?? null,
    source_id: source.get('source_id') ?? null,
    valid: isNothing(content.get('valid')) ? true : (content.get('valid') ?? null),
    rationale: content.get('rationale') ?? null,
    span_id: content.get('span_id') ?? null,
    overrides: content.get('overrides') ?? null,
    run_id: content.get('run_id') ?? null,
    assessment_metadata: metadataOf(content.get('metadata'), standing),
    ...assessedOf(content, standing),
  };
}

/** Text of JSON: that of the row where the value is what the migration made of it, or what MLflow writes. */
function jsonTextOf(value: BsonElement, standing: string | null | undefined): string {
  if (standing !== null && standing !== undefined && (isMadeOf(value, standing) || isText(value, standing)))
    return standing;
  return bsonToJson(value.type, value.value, PYTHON);
}

/** MLflow's SQL store writes none where there is nothing in it; rows of JSON's null became none. */
function metadataOf(metadata: BsonElement | undefined, standing: StandingAssessment | undefined): string | null {
  if (isNothing(metadata)) return isNullText(standing?.metadata) ? (standing?.metadata ?? null) : null;
  const text = jsonTextOf(metadata, standing?.metadata);
  return text === '{}' && standing?.metadata !== text ? null : text;
}

function assessedOf(content: Fields, standing: StandingAssessment | undefined): Record<string, RowValue> {
  const found = TYPES.filter((type) => content.has(type));
  const [type] = found;
  if (type === undefined || found.length > 1) throw new ValueFault('it is not one of feedback, expectation and issue');
  const element = content.get(type) as BsonElement;
  const isSameType = standing?.type === type;
  if (type === 'issue') {
    const value = jsonTextOf(element, isSameType ? standing?.value : null);
    return {
      assessment_type: type,
      value,
      error: isSameType ? (standing?.error ?? null) : null,
      ...figures(null, value, standing),
    };
  }
  const members = membersOf(element);
  assertKnown(members, type === 'feedback' ? ['value', 'error'] : ['value']);
  const told = members.get('value');
  const value = told === undefined ? 'null' : jsonTextOf(told, isSameType ? standing?.value : null);
  return {
    assessment_type: type,
    value,
    error:
      type === 'feedback' ? errorOf(members.get('error'), standing) : isSameType ? (standing?.error ?? null) : null,
    ...figures(told ?? null, value, standing),
  };
}

function errorOf(error: BsonElement | undefined, standing: StandingAssessment | undefined): string | null {
  if (isNothing(error)) return isNullText(standing?.error) ? (standing?.error ?? null) : null;
  if (isMadeOfStanding(error, standing?.error)) return standing?.error ?? null;
  // Protobuf leaves out what is empty; the SQL store writes all of them.
  const members = membersOf(error);
  const names = ['error_code', 'error_message', 'stack_trace'];
  assertKnown(members, names);
  const texts = names.map((name) => {
    const member = members.get(name);
    return `"${name}": ${member === undefined ? 'null' : bsonToJson(member.type, member.value, PYTHON)}`;
  });
  return `{${texts.join(', ')}}`;
}

function isMadeOfStanding(value: BsonElement, standing: string | null | undefined): boolean {
  return typeof standing === 'string' && (isMadeOf(value, standing) || isText(value, standing));
}

function isNullText(text: string | null | undefined): boolean {
  return text?.trim() === 'null';
}

/** Numbers that trace metrics sum (3.17 on): of a value that did not change, those that are there. */
function figures(
  value: BsonElement | null,
  text: string,
  standing: StandingAssessment | undefined,
): Record<string, RowValue> {
  if (standing !== undefined && standing.value === text)
    return { aggregate_value: standing.aggregate, is_numeric_value: standing.isNumeric };
  const { aggregate, isNumeric } = numericOf(value);
  return { aggregate_value: aggregate, is_numeric_value: isNumeric };
}
