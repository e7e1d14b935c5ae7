import { Double, Int32, Long } from 'bson';
import { describe, expect, test } from 'vitest';
import { assessmentsBack } from '../../../../src/mlflow/layouts/plugin/back/backAssessments.ts';
import { bytesOf, collectionOf, layoutOf, schemaOf, table } from '../layoutRows.ts';
import { ASSESSMENT_COLUMNS } from '../traceTables.ts';
import { broughtBack } from './returnedDocuments.ts';

const FIGURES = ['experiment_id:int4', 'trace_timestamp_ms:int8', 'aggregate_value:float8', 'is_numeric_value:bool'];
const NEWEST = schemaOf(
  table('trace_info', ['request_id!', 'experiment_id:int4']),
  table('assessments', [...ASSESSMENT_COLUMNS, ...FIGURES]),
);
const OLDER = schemaOf(table('assessments', ASSESSMENT_COLUMNS));
const [assessments] = assessmentsBack();
const ROW = {
  assessment_id: 'a-1',
  trace_id: 'tr-1',
  name: 'né',
  error: null,
  created_timestamp: 1709164800137n,
  last_updated_timestamp: 1709164801000n,
  source_type: 'HUMAN',
  source_id: 'who',
  run_id: null,
  span_id: null,
  rationale: 'because',
  overrides: null,
  valid: false,
};
const TRACES = { traces: [{ _id: 'tr-1', request_time: Long.fromNumber(7) }] };
const STANDING = { id: 'a-1', traceTime: '7', copiedTime: '6', aggregate: 0.5, isNumeric: true };
const made = {
  _id: 'made',
  trace_id: 'tr-1',
  experiment_id: '3',
  assessment_id: 'a-1',
  content: {
    assessment_id: 'a-1',
    trace_id: 'tr-1',
    assessment_name: 'n',
    source: { source_type: 'CODE', source_id: 'default' },
    create_time: '2024-02-29T00:00:00.137Z',
    last_update_time: '2024-02-29T00:00:01Z',
    feedback: { value: new Double(1) },
    valid: true,
  },
};
const withContent = (changed: object) => ({ ...made, content: { ...made.content, ...changed } });

describe('an assessment', () => {
  const layout = collectionOf(layoutOf(NEWEST), 'assessments');

  test.each([
    ['feedback', '{"$a": [1,  1.0, NaN]}', null, '{"k": "é"}'],
    ['feedback', 'no json', 'null', 'null'],
    ['feedback', '123456789012345678901234567890', '{"error_code":"C"}', null],
    ['expectation', '"\\u00e9"', '{"left": "out"}', '{}'],
    ['issue', '{"issue_name":"x"}', null, null],
  ])('that nobody changed keeps its texts: %s %s', async (type, value, error, details) => {
    const row = { ...ROW, assessment_type: type, value, error, assessment_metadata: details };
    const { rows, faults } = await broughtBack(assessments, [bytesOf(layout, row)], {
      schema: NEWEST,
      rows: { trace_info: [], assessments: [{ ...STANDING, type, value, error, metadata: details }] },
      documents: TRACES,
    });
    expect(faults).toEqual([]);
    expect(rows).toEqual([
      // A row that is there keeps its experiment.
      { ...row, experiment_id: 'None', trace_timestamp_ms: '6', aggregate_value: 0.5, is_numeric_value: true },
    ]);
  });

  test.each([
    [{ feedback: { value: new Double(1) } }, 'feedback', '1.0', 1, true],
    [{ feedback: { value: new Double(-0) } }, 'feedback', '-0.0', 0, true],
    [{ feedback: { value: true } }, 'feedback', 'true', 1, false],
    [{ feedback: { value: ' No ' } }, 'feedback', '" No "', 0, false],
    [{ feedback: { value: new Double(Number.NaN) } }, 'feedback', 'NaN', null, false],
    [
      { feedback: undefined, expectation: { value: { a: new Int32(1), b: 'é' } } },
      'expectation',
      '{"a": 1, "b": "\\u00e9"}',
      null,
      false,
    ],
    [{ feedback: undefined, issue: { issue_name: 'x' } }, 'issue', '{"issue_name": "x"}', null, false],
  ])('of the plugin becomes what the SQL store writes: %o', async (changed, type, value, aggregate, isNumeric) => {
    const { rows, faults } = await broughtBack(assessments, [withContent(changed)], {
      schema: NEWEST,
      documents: TRACES,
    });
    expect(faults).toEqual([]);
    expect(rows).toEqual([
      {
        assessment_id: 'a-1',
        trace_id: 'tr-1',
        name: 'n',
        assessment_type: type,
        value,
        error: null,
        created_timestamp: 1709164800137n,
        last_updated_timestamp: 1709164801000n,
        source_type: 'CODE',
        source_id: 'default',
        run_id: null,
        span_id: null,
        rationale: null,
        overrides: null,
        valid: true,
        assessment_metadata: null,
        experiment_id: '3',
        trace_timestamp_ms: 7n,
        aggregate_value: aggregate,
        is_numeric_value: isNumeric,
      },
    ]);
  });

  test('has no columns that its release has not, and an error with all of its members', async () => {
    const failed = withContent({
      feedback: { value: null, error: { error_code: 'C', stack_trace: 's' } },
      metadata: { k: 'v' },
    });
    const { rows } = await broughtBack(assessments, [failed], { schema: OLDER, documents: TRACES });
    expect(rows[0]).toMatchObject({
      value: 'null',
      error: '{"error_code": "C", "error_message": null, "stack_trace": "s"}',
      assessment_metadata: '{"k": "v"}',
    });
    expect(Object.keys(rows[0] ?? {})).not.toContain('aggregate_value');
  });

  test.each([
    ['a member that nothing knows', withContent({ colour: 'red' }), 'content'],
    ['neither feedback nor expectation', withContent({ feedback: undefined }), 'content'],
    ['both', withContent({ expectation: { value: 1 } }), 'content'],
    ['a time of more than milliseconds', withContent({ create_time: '2024-02-29T00:00:00.137001Z' }), 'content'],
    ['another id inside', withContent({ assessment_id: 'a-2' }), 'content'],
    ['an experiment that is not there', { ...made, experiment_id: 'absent' }, 'experiment_id'],
    ['a field that the plugin does not write', { ...made, colour: 'red' }, 'colour'],
  ])('does not come back with %s', async (_what, document, field) => {
    const { faults } = await broughtBack(assessments, [document], { schema: NEWEST, documents: TRACES });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([field]);
  });

  test('does not come back without its trace', async () => {
    const { faults } = await broughtBack(assessments, [made], { schema: NEWEST });
    expect(faults).toEqual(['trace_id: there is no such trace']);
  });
});
