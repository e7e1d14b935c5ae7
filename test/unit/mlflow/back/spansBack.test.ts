import { Double, Int32, Long } from 'bson';
import { assert, asyncProperty, json } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spanMetricsBack } from '../../../../src/mlflow/layouts/plugin/back/backSpanMetrics.ts';
import { spansBack } from '../../../../src/mlflow/layouts/plugin/back/backSpans.ts';
import { bytesOf, collectionOf, layoutOf, schemaOf, table } from '../layoutRows.ts';
import { SPAN_COLUMNS, SPAN_FIGURES } from '../traceTables.ts';
import { broughtBack } from './returnedDocuments.ts';

// The columns of models and costs came with 3.17.
const NEWEST = schemaOf(table('spans', [...SPAN_COLUMNS, 'experiment_id:int4', 'duration_ns:int8', ...SPAN_FIGURES]));
const OLDER = schemaOf(
  table('spans', [...SPAN_COLUMNS, 'experiment_id:int4', 'dimension_attributes:json']),
  table('span_metrics', ['trace_id!', 'span_id!', 'key!', 'value:float8']),
);
const [spans, cleared] = spansBack(NEWEST);
const TRACES = [{ _id: 'tr-1', experiment_id: '3' }];
const ROW = {
  trace_id: 'tr-1',
  span_id: 's',
  parent_span_id: null,
  name: 'né',
  type: 'LLM',
  status: 'OK',
  start_time_unix_nano: 1709164800001234690n,
  end_time_unix_nano: 1709164800001234695n,
};
const made = {
  _id: 'made',
  trace_id: 'tr-1',
  span_id: 's',
  parent_span_id: null,
  name: 'n',
  type: 'LLM',
  status: 'OK',
  start_time_ns: Long.fromString('1709164800001234690'),
  end_time_ns: null,
  content: { b: 'é', a: [new Double(1), new Int32(1), new Double(Number.NaN)] },
  dimension_attributes: { model: 'm', provider: 'p' },
  token_usage: null,
  cost: { input_cost: new Double(0.1), total_cost: new Int32(2) },
  trace_fields: { metadata: {} },
};

describe('a span', () => {
  const layout = collectionOf(layoutOf(NEWEST), 'spans');

  test('keeps the text of its content as long as the document is what was made of it', async () => {
    const texts = [
      '{"b":1,  "a":"\\u00e9é", "n": NaN, "big": 123456789012345678901234567890, "a": "last"}',
      // The migration adds the type that attributes of another convention tell.
      '{"attributes": {"openinference.span.kind": "\\"TOOL\\""}}',
    ];
    for (const content of texts) {
      const document = bytesOf(layout, { ...ROW, content, model_name: 'm', input_cost: 0.1 });
      const { rows, faults } = await broughtBack(spans, [document], {
        schema: NEWEST,
        rows: { spans: [{ trace: 'tr-1', span: 's', content }] },
        documents: { traces: TRACES },
      });
      expect(faults).toEqual([]);
      expect(rows).toEqual([
        {
          ...ROW,
          experiment_id: '3',
          duration_ns: 5n,
          content,
          model_name: 'm',
          model_provider: null,
          input_cost: 0.1,
          output_cost: null,
          total_cost: null,
        },
      ]);
    }
  });

  test('means the same in Python, whatever its content is', async () => {
    await assert(
      asyncProperty(json({ depthSize: 'small' }), async (text) => {
        const content = `{"content": ${text}}`;
        const document = bytesOf(layout, { ...ROW, content });
        const { rows } = await broughtBack(spans, [document], { schema: NEWEST, documents: { traces: TRACES } });
        expect(JSON.parse(rows[0]?.['content'])).toEqual(JSON.parse(content));
      }),
    );
  });

  test("of the plugin is spelt as MLflow's SQL store spells it", async () => {
    const { rows, faults } = await broughtBack(spans, [made], { schema: NEWEST, documents: { traces: TRACES } });
    expect(faults).toEqual([]);
    expect(rows).toMatchObject([
      {
        experiment_id: '3',
        content: '{"b": "é", "a": [1.0, 1, NaN]}',
        duration_ns: null,
        model_name: 'm',
        model_provider: 'p',
        input_cost: 0.1,
        output_cost: null,
        total_cost: 2,
      },
    ]);
  });

  test('of small times, which are int32 there, lasts as long as PostgreSQL computes', async () => {
    const small = { ...made, start_time_ns: new Int32(7), end_time_ns: Long.fromNumber(12) };
    const { rows } = await broughtBack(spans, [small], { schema: NEWEST, documents: { traces: TRACES } });
    expect(rows).toMatchObject([{ duration_ns: 5n }]);
  });

  test('of an earlier release has model and costs where that has them', async () => {
    const [older] = spansBack(OLDER);
    const { rows } = await broughtBack(older, [made], { schema: OLDER, documents: { traces: TRACES } });
    expect(rows[0]).toMatchObject({ dimension_attributes: '{"mlflow.llm.model": "m", "mlflow.llm.provider": "p"}' });
    expect(Object.keys(rows[0] ?? {})).not.toContain('total_cost');
    const [brought, costs] = spanMetricsBack(OLDER);
    const own = { _id: 'own', trace_id: 'tr-1', span_id: 's', key: 'total_cost', value: new Double(5) };
    const there = { schema: OLDER, documents: { spans: [made] } };
    expect((await broughtBack(brought, [own], there)).rows).toMatchObject([{ value: 5 }]);
    expect((await broughtBack(brought, [own], { schema: OLDER })).rows).toEqual([]);
    expect((await broughtBack(costs, [made], there)).rows).toMatchObject([
      { key: 'input_cost', value: 0.1 },
      { key: 'total_cost', value: 2 },
    ]);
    const withOwn = { schema: OLDER, documents: { span_metrics: [own] } };
    expect((await broughtBack(costs, [made], withOwn)).rows).toEqual([]);
  });

  test('whose content went to an archive goes with its trace', async () => {
    const row = { _id: 'tr-1:s', trace_id: 'tr-1', span_id: 's', content: '' };
    const kept = await broughtBack(cleared, [row], { schema: NEWEST, documents: { traces: TRACES } });
    expect(kept.rows).toEqual([{ trace_id: 'tr-1', span_id: 's', content: '' }]);
    expect((await broughtBack(cleared, [row], { schema: NEWEST })).rows).toEqual([]);
  });

  test.each([
    ['a trace that is not there', {}, [], 'trace_id'],
    ['content that is no document', { content: 'text' }, TRACES, 'content'],
    ['a field that the plugin does not write', { colour: 'red' }, TRACES, 'colour'],
  ])('does not come back with %s', async (_what, changed, documents, field) => {
    const { faults } = await broughtBack(spans, [{ ...made, ...changed }], {
      schema: NEWEST,
      documents: { traces: documents },
    });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([field]);
  });
});
