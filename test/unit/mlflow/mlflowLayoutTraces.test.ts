import { Double, Int32, Long } from 'bson';
import { describe, expect, test } from 'vitest';
import { collectionOf, documentOf, layoutOf, schemaOf, table } from './layoutRows.ts';
import {
  ASSESSMENT_COLUMNS,
  ASSOCIATIONS,
  PROMOTED,
  pairs,
  SPAN_COLUMNS,
  SPAN_FIGURES,
  TRACE_INFO,
} from './traceTables.ts';

const SPANS = table('spans', [...SPAN_COLUMNS, ...SPAN_FIGURES]);
const ASSESSMENTS = table('assessments', ASSESSMENT_COLUMNS);

const NEWEST = schemaOf(
  table('trace_info', [...TRACE_INFO, ...PROMOTED]),
  pairs('trace_tags'),
  pairs('trace_request_metadata'),
  ASSOCIATIONS,
  SPANS,
  ASSESSMENTS,
);
const TRACE = { request_id: 'tr-1', experiment_id: 3n, timestamp_ms: 1n, execution_time_ms: 2n, status: 'OK' };

describe('a trace', () => {
  const traces = collectionOf(layoutOf(NEWEST), 'traces');

  test('gets what the newest release keeps in columns as tags and metadata, as Python writes it', () => {
    const values = {
      ...TRACE,
      trace_name: 'chat',
      session_id: 's-1',
      input_tokens: 9007199254740993n,
      total_tokens: 4n,
      input_cost: 1e-7,
      total_cost: 2,
    };
    const document = documentOf(traces, values, {
      trace_tags: [['a', null]],
      trace_request_metadata: [
        ['mlflow.sourceRun', 'run-1'],
        ['mlflow.trace.sizeStats', '{"num_spans": 3, "p50": 1.5}'],
      ],
      entity_associations: [
        ['run', 'run-2'],
        ['run', 'run-1'],
        ['prompt_version', 'my/prompt/7'],
      ],
    });
    expect(document).toEqual({
      _id: 'tr-1',
      experiment_id: '3',
      request_time: Long.fromNumber(1),
      state: 'OK',
      execution_duration: Long.fromNumber(2),
      client_request_id: null,
      request_preview: null,
      response_preview: null,
      tags: [
        { k: 'a', v: '' },
        { k: 'mlflow.traceName', v: 'chat' },
      ],
      trace_metadata: [
        { k: 'mlflow.sourceRun', v: 'run-1' },
        { k: 'mlflow.trace.sizeStats', v: '{"num_spans": 3, "p50": 1.5}' },
        { k: 'mlflow.trace.session', v: 's-1' },
        { k: 'mlflow.trace.tokenUsage', v: '{"input_tokens": 9007199254740993, "total_tokens": 4}' },
        { k: 'mlflow.trace.cost', v: '{"input_cost": 1e-07, "total_cost": 2.0}' },
      ],
      run_ids: ['run-1', 'run-2'],
      token_usage: { input_tokens: Long.fromString('9007199254740993'), total_tokens: new Int32(4) },
      cost: { input_cost: new Double(1e-7), total_cost: new Double(2) },
      span_stats: { num_spans: new Int32(3), p50: new Double(1.5) },
      linked_prompts: [{ name: 'my/prompt', version: '7' }],
      trace_info_finalized: true,
      authoritative_metadata_keys: [
        'mlflow.sourceRun',
        'mlflow.trace.sizeStats',
        'mlflow.trace.session',
        'mlflow.trace.tokenUsage',
        'mlflow.trace.cost',
      ],
      span_revision: new Int32(0),
    });
  });

  const older = collectionOf(
    layoutOf(
      schemaOf(
        table('trace_info', TRACE_INFO.slice(0, 5)),
        pairs('trace_tags'),
        pairs('trace_request_metadata'),
        table('trace_metrics', ['request_id!', 'key!', 'value:float8']),
        table('span_metrics', ['trace_id!', 'span_id!', 'key!', 'value:float8']),
      ),
    ),
    'traces',
  );

  test('of a release before those columns answers what MLflow makes of its rows when it upgrades them', () => {
    const document = documentOf(
      older,
      { ...TRACE, status: 'TRACE_STATUS_UNSPECIFIED' },
      {
        trace_tags: [['mlflow.traceName', 'é'.repeat(5000)]],
        trace_request_metadata: [
          ['mlflow.trace.cost', '{"total_cost": 1, "input_cost": "0.5", "output_cost": -0.0}'],
          ['mlflow.trace.session', '\u{1f600}'.repeat(251)],
          ['mlflow.trace.tokenUsage', '{"output_tokens":1.0,"input_tokens": 9007199254740993, "other": 7}'],
        ],
      },
    );
    expect(document).toMatchObject({
      state: 'STATE_UNSPECIFIED',
      tags: [{ k: 'mlflow.traceName', v: 'é'.repeat(4096) }],
      run_ids: [],
      trace_metadata: [
        { k: 'mlflow.trace.cost', v: '{"input_cost": 0.5, "output_cost": 0.0, "total_cost": 1.0}' },
        { k: 'mlflow.trace.session', v: '\u{1f600}'.repeat(250) },
        { k: 'mlflow.trace.tokenUsage', v: '{"input_tokens": 9007199254740993, "output_tokens": 1}' },
      ],
      token_usage: { input_tokens: Long.fromString('9007199254740993'), output_tokens: new Int32(1) },
      cost: { input_cost: new Double(0.5), output_cost: new Double(0), total_cost: new Double(1) },
    });
  });

  test('takes counts of the table of trace metrics before those of its metadata', () => {
    const document = documentOf(older, TRACE, {
      trace_metrics: [
        ['input_tokens', 5],
        ['total_tokens', 0.5],
      ],
      trace_request_metadata: [
        ['mlflow.trace.tokenUsage', '{"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}'],
      ],
    });
    expect(document['trace_metadata']).toEqual([
      { k: 'mlflow.trace.tokenUsage', v: '{"input_tokens": 5, "output_tokens": 2}' },
    ]);
  });

  test.each([
    ['{"input_tokens": true}'],
    ['{"input_tokens": NaN}'],
    ['{"input_tokens": 1.5}'],
    ['{"input_tokens": 1e30}'],
    ['[1]'],
    ['no json'],
  ])('has no token usage where the upgrade leaves none: %s', (text) => {
    const document = documentOf(older, TRACE, { trace_request_metadata: [['mlflow.trace.tokenUsage', text]] });
    expect(document['trace_metadata']).toEqual([]);
    expect(document).not.toHaveProperty('token_usage');
    expect(document).not.toHaveProperty('cost');
  });

  test.each([['{"num_spans": true}'], ['{"num_spans": -1}'], ['[1]'], ['{"num_spans"']])(
    'has no span statistics where the plugin would refuse them: %s',
    (text) => {
      const document = documentOf(traces, TRACE, { trace_request_metadata: [['mlflow.trace.sizeStats', text]] });
      expect(document).not.toHaveProperty('span_stats');
      expect(document['trace_metadata']).toEqual([{ k: 'mlflow.trace.sizeStats', v: text }]);
    },
  );

  test.each([['{"a": "1"}'], ['{"a": true}'], ['{"a": NaN}'], ['"x"'], ['{']])(
    'has no token usage where it is not an object of finite numbers: %s',
    (text) => {
      const document = documentOf(traces, TRACE, { trace_request_metadata: [['mlflow.trace.tokenUsage', text]] });
      expect(document).not.toHaveProperty('token_usage');
    },
  );
});

describe('a span', () => {
  const spans = collectionOf(layoutOf(NEWEST), 'spans');
  const row = (content: unknown) => ({
    trace_id: 'tr-00ab',
    span_id: 's',
    status: 'OK',
    start_time_unix_nano: 1709164800001234690n,
    content: typeof content === 'string' ? content : JSON.stringify(content),
  });

  test('keeps its content as a document, every integer and every key as it is', () => {
    const content =
      '{"start_time_unix_nano": 1709164800001234690, "attributes": {"mlflow.spanInputs": "{\\"d\\": 1}", "$dollar": "true", "a.b": "\\"x\\""}, "weight": NaN}';
    const document = documentOf(spans, row(content));
    expect(document).toEqual({
      _id: expect.anything(),
      trace_id: 'tr-00ab',
      span_id: 's',
      parent_span_id: null,
      name: null,
      type: null,
      status: 'OK',
      start_time_ns: Long.fromString('1709164800001234690'),
      end_time_ns: null,
      content: {
        start_time_unix_nano: Long.fromString('1709164800001234690'),
        attributes: { 'mlflow.spanInputs': '{"d": 1}', $dollar: 'true', 'a.b': '"x"' },
        weight: new Double(Number.NaN),
      },
      dimension_attributes: {},
      token_usage: null,
      cost: null,
      trace_fields: {
        metadata: {},
        resource_tags: {},
        root_tags: {},
        request_preview: null,
        response_preview: null,
      },
    });
    expect(String(document['_id'])).toMatch(/^00ab/);
  });

  test('tells usage, session and user from its attributes', () => {
    const attributes = {
      'mlflow.llm.model': '"gpt-4"',
      'mlflow.chat.tokenUsage': '{"input_tokens": 1}',
      'mlflow.llm.cost': '{"total_cost": 2.0}',
      'session.id': '"s-1"',
      'user.id': '12',
    };
    expect(documentOf(spans, row({ attributes }))).toMatchObject({
      dimension_attributes: {},
      token_usage: { input_tokens: new Int32(1) },
      cost: null,
      trace_fields: { metadata: { 'mlflow.trace.session': 's-1', 'mlflow.trace.user': '12' } },
    });
  });

  test.each([
    [{ 'openinference.span.kind': '"RETRIEVER"' }, 'RETRIEVER'],
    [{ 'gen_ai.operation.name': 'chat', 'mlflow.spanType': '"UNKNOWN"' }, 'CHAT_MODEL'],
    [{ 'gen_ai.operation.name': 'llm_call', 'gen_ai.agent.name': '"gemini-cli"' }, 'LLM'],
    [{ 'span.type': '"claude_code.interaction"' }, 'AGENT'],
    [{ 'span.type': 'memory' }, 'MEMORY'],
    [{ 'traceloop.span.kind': '"task"', 'mlflow.spanType': 'null' }, 'TASK'],
    [{ 'ai.operationId': 'ai.streamText' }, 'LLM'],
    [{ 'lk.tts_x': 'a' }, 'UNKNOWN'],
    [{ 'gen_ai.request.model': 'm', 'gen_ai.operation.name': 'other' }, 'LLM'],
    [{ 'lmnr.span.type': '"DEFAULT"' }, 'CHAIN'],
    [{ 'langfuse.observation.type': 'generation' }, 'LLM'],
  ])('has the type that MLflow tells by other conventions: %j', (attributes, type) => {
    const text = JSON.stringify({ events: [{ attributes: { 'span.type': '}{' } }], attributes, name: 'n' });
    const { content } = documentOf(spans, row(text));
    expect(content.attributes['mlflow.spanType']).toBe(JSON.stringify(type));
    expect(Object.keys(content)).toEqual(['events', 'attributes', 'name']);
    expect(content.attributes).toMatchObject({ ...attributes, 'mlflow.spanType': expect.anything() });
  });

  test.each([
    [{ 'openinference.span.kind': '"LLM"', 'mlflow.spanType': '"TOOL"' }],
    [{ 'openinference.span.kind': '"NONE"' }],
    [{ 'span.type': 'constructor' }],
  ])('keeps its attributes where its type is known, or told by none: %j', (attributes) => {
    expect(documentOf(spans, row({ attributes }))['content'].attributes).toEqual(attributes);
  });

  test('tells model and costs from the columns that the SQL store counts and sums by', () => {
    const values = { model_name: 'gpt-4', input_cost: 0.5, output_cost: Number.NaN, total_cost: 2 };
    expect(documentOf(spans, { ...row({}), ...values })).toMatchObject({
      dimension_attributes: { model: 'gpt-4' },
      cost: { input_cost: new Double(0.5), total_cost: new Double(2) },
    });
  });

  test('of a release before those columns is asked for them where it kept them', () => {
    const columns = ['trace_id!', 'span_id!', 'content:text', 'dimension_attributes:json'];
    const metrics = table('span_metrics', ['trace_id!', 'span_id!', 'key!', 'value:float8']);
    const selected = (schema: ReturnType<typeof schemaOf>) => collectionOf(layoutOf(schema), 'spans').select.join('\n');
    expect(selected(schemaOf(table('spans', columns), metrics))).toMatch(
      /->> 'mlflow\.llm\.model'[\s\S]*m\.key = 'total_cost'/,
    );
    expect(selected(schemaOf(table('spans', columns.slice(0, 3))))).not.toMatch(/llm|total_cost/);
  });

  test.each([['not json'], ['[]'], ['{"a":']])('whose content is no document is refused: %s', (content) => {
    expect(() => documentOf(spans, row(content))).toThrow(RangeError);
  });
});

describe('an assessment', () => {
  const assessments = collectionOf(layoutOf(NEWEST), 'assessments');
  const row = {
    assessment_id: 'a-1',
    trace_id: 'tr-1',
    experiment_id: 5n,
    name: 'quality',
    assessment_type: 'feedback',
    value: 'null',
    created_timestamp: 1709164800137n,
    last_updated_timestamp: 1709164801000n,
    source_type: 'HUMAN',
    valid: false,
  };

  test('says what it is in the form that the reader decodes, and leaves out what is not there', () => {
    expect(documentOf(assessments, row)).toEqual({
      _id: expect.anything(),
      trace_id: 'tr-1',
      experiment_id: '5',
      assessment_id: 'a-1',
      content: {
        assessment_id: 'a-1',
        trace_id: 'tr-1',
        assessment_name: 'quality',
        source: { source_type: 'HUMAN', source_id: null },
        create_time: '2024-02-29T00:00:00.137Z',
        last_update_time: '2024-02-29T00:00:01Z',
        feedback: { value: null },
        valid: false,
      },
    });
  });

  test.each([
    ['true', true],
    ['1', new Int32(1)],
    ['1.0', new Double(1)],
    ['"1"', '1'],
    ['9007199254740993', Long.fromString('9007199254740993')],
    ['0.30000000000000004', new Double(0.30000000000000004)],
    ['-Infinity', new Double(Number.NEGATIVE_INFINITY)],
    ['[NaN, null]', [new Double(Number.NaN), null]],
    ['{"$a.b": {"c": 1}, "d": 1, "d": 2}', { '$a.b': { c: new Int32(1) }, d: new Int32(2) }],
    ['not json', 'not json'],
  ])('of value %s keeps its type', (value, expected) => {
    const document = documentOf(assessments, { ...row, assessment_type: 'expectation', value });
    expect(document['content'].expectation).toEqual({ value: expected });
    expect(document['content']).not.toHaveProperty('feedback');
  });

  test('carries its error, links and metadata', () => {
    const details = {
      error: '{"error_code": "E", "error_message": null, "stack_trace": "s"}',
      rationale: '',
      span_id: 'sp',
      overrides: 'a-0',
      run_id: 'r',
      assessment_metadata: '{"k": "v"}',
    };
    expect(documentOf(assessments, { ...row, ...details })['content']).toMatchObject({
      feedback: { value: null, error: { error_code: 'E', error_message: null, stack_trace: 's' } },
      rationale: '',
      span_id: 'sp',
      overrides: 'a-0',
      run_id: 'r',
      metadata: { k: 'v' },
    });
  });

  test('that refers to an issue has its name', () => {
    const document = documentOf(assessments, { ...row, assessment_type: 'issue', value: '{"issue_name": "Wrong"}' });
    expect(document['content'].issue).toEqual({ issue_name: 'Wrong' });
  });

  test('of an unknown type is refused', () => {
    expect(() => documentOf(assessments, { ...row, assessment_type: 'guess' })).toThrow(RangeError);
  });
});
