import { Double, Int32, Long } from 'bson';
import {
  array,
  assert,
  asyncProperty,
  bigInt,
  constantFrom,
  dictionary,
  double,
  option,
  record,
  string,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import { traceLinksBack } from '../../../../src/mlflow/layouts/plugin/back/backTraceLinks.ts';
import { traceMetricsBack } from '../../../../src/mlflow/layouts/plugin/back/backTraceMetrics.ts';
import { tracePairsBack } from '../../../../src/mlflow/layouts/plugin/back/backTracePairs.ts';
import { tracesBack } from '../../../../src/mlflow/layouts/plugin/back/backTraces.ts';
import { bytesOf, collectionOf, layoutOf, schemaOf, table } from '../layoutRows.ts';
import { ASSOCIATIONS, PROMOTED, pairs, TRACE_INFO } from '../traceTables.ts';
import { broughtBack } from './returnedDocuments.ts';

const names = (type: string) =>
  PROMOTED.flatMap((column) => (column.endsWith(`:${type}`) ? [column.split(':')[0] as string] : []));
const TOKENS = names('int8');
const COSTS = names('float8');
const REST = [pairs('trace_tags'), pairs('trace_request_metadata')];
const NEWEST = schemaOf(table('trace_info', [...TRACE_INFO, ...PROMOTED]), ...REST, ASSOCIATIONS);
const OLDER = schemaOf(
  table('trace_info', TRACE_INFO.slice(0, 5)),
  ...REST,
  table('trace_metrics', ['request_id!', 'key!', 'value:float8']),
);
const [traces] = tracesBack();
const [tags, metadata] = tracePairsBack();
const [links] = traceLinksBack();
const [ownMetrics, tokenMetrics] = traceMetricsBack(OLDER);
const TRACE = { request_id: 'tr-1', experiment_id: 3n, timestamp_ms: 1n, execution_time_ms: 2n, status: 'OK' };

function sqlText(value: unknown): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Rows as `traceStates` asks for them. */
function standing(
  row: Readonly<Record<string, unknown>>,
  children: Readonly<Record<string, readonly (readonly unknown[])[]>> = {},
) {
  const asText = Object.fromEntries(
    [...TOKENS, ...COSTS, 'trace_name', 'session_id'].flatMap((name) =>
      row[name] === undefined ? [] : [[name, row[name] === null ? null : sqlText(row[name])]],
    ),
  );
  const rowsOf = (name: string) => (children[name] ?? []).map(([key, value]) => ({ id: 'tr-1', key, value }));
  return {
    trace_info: [{ id: 'tr-1', status: row['status'], timestamp: '1', spans: null, ...asText }],
    trace_tags: rowsOf('trace_tags'),
    trace_request_metadata: rowsOf('trace_request_metadata'),
    trace_metrics: rowsOf('trace_metrics'),
  };
}

/** What the plugin writes when a client tells it of a trace, and then sends spans. */
const MADE = {
  _id: 'tr-1',
  experiment_id: '3',
  request_time: Long.fromNumber(1),
  state: 'OK',
  execution_duration: null,
  client_request_id: null,
  request_preview: 'q',
  response_preview: null,
  tags: [
    { k: 'mlflow.traceName', v: 'chat' },
    { k: 'mlflow.trace.spansLocation', v: 'TRACKING_STORE' },
  ],
  trace_metadata: [
    { k: 'mlflow.trace.session', v: 's' },
    { k: 'mlflow.trace.tokenUsage', v: '{"output_tokens": 2, "input_tokens": 9007199254740993, "other": 1}' },
    { k: 'mlflow.trace.cost', v: '{"total_cost": 0.1}' },
    { k: 'mlflow.user', v: 'é' },
  ],
  token_usage: { output_tokens: new Int32(2), input_tokens: Long.fromString('9007199254740993'), other: new Int32(1) },
  cost: { total_cost: new Double(0.1) },
  run_ids: ['r'],
  trace_info_finalized: true,
  authoritative_metadata_keys: [],
  span_revision: new Int32(1),
};

const text = string({ unit: 'grapheme', maxLength: 12 });
const maybeText = option(text);
const odd = constantFrom(
  'no json',
  '[1]',
  '{"input_tokens": 1, "x": 2}',
  '{"total_cost": -0.0}',
  '{"input_tokens": "7"}',
  '',
);
const keyed = (special: readonly string[]) =>
  record({
    plain: dictionary(string({ minLength: 1, maxLength: 5 }), maybeText, { maxKeys: 3 }),
    special: array(record({ key: constantFrom(...special), value: option(odd) }), { maxLength: 3 }),
  }).map(({ plain, special: rows }) => {
    const all = new Map<string, string | null>(Object.entries(plain));
    for (const { key, value } of rows) all.set(key, value);
    return [...all];
  });
const children = record({
  trace_tags: keyed(['mlflow.traceName']),
  trace_request_metadata: keyed([
    'mlflow.trace.session',
    'mlflow.trace.tokenUsage',
    'mlflow.trace.cost',
    'mlflow.trace.sizeStats',
  ]),
});

describe('a trace that nobody changed', () => {
  test('leaves columns and rows as they are, whatever stands where', async () => {
    const layout = collectionOf(layoutOf(NEWEST), 'traces');
    const columns = record({
      status: constantFrom('OK', 'STATE_UNSPECIFIED', 'TRACE_STATUS_UNSPECIFIED'),
      trace_name: maybeText,
      session_id: maybeText,
      client_request_id: maybeText,
      request_preview: maybeText,
      ...Object.fromEntries(TOKENS.map((name) => [name, option(bigInt(-(2n ** 63n), 2n ** 63n - 1n))])),
      ...Object.fromEntries(COSTS.map((name) => [name, option(double({ noNaN: true, noDefaultInfinity: true }))])),
    });
    await assert(
      asyncProperty(columns, children, async (own, rows) => {
        const row = { ...TRACE, ...own };
        const document = bytesOf(layout, row, rows);
        const there = { schema: NEWEST, rows: standing(row, rows) };
        const found = await broughtBack(traces, [document], there);
        expect(found.faults).toEqual([]);
        const numbers = Object.fromEntries(
          TOKENS.map((name) => [
            name,
            typeof own[name as 'status'] === 'bigint' ? String(own[name as 'status']) : null,
          ]),
        );
        expect(found.rows).toEqual([{ ...row, experiment_id: '3', response_preview: null, ...numbers }]);
        for (const [returning, name] of [
          [tags, 'trace_tags'],
          [metadata, 'trace_request_metadata'],
        ] as const) {
          const { rows: pairRows } = await broughtBack(returning, [document], there);
          // '' stands for NULL where a row has that.
          const told = new Map(pairRows.map(({ key, value }) => [key, value]));
          for (const [key, value] of rows[name]) expect([key, told.get(key) ?? '']).toEqual([key, value ?? '']);
          expect(told.size).toBe(rows[name].length);
        }
      }),
    );
  });

  test('of an earlier release keeps its counts where they stand', async () => {
    const rows = {
      trace_request_metadata: [['mlflow.trace.tokenUsage', '{"input_tokens": 1, "output_tokens": 2}']],
      trace_metrics: [['input_tokens', 5]],
    } as const;
    const document = bytesOf(collectionOf(layoutOf(OLDER), 'traces'), TRACE, rows);
    const there = { schema: OLDER, rows: standing(TRACE, rows) };
    expect((await broughtBack(metadata, [document], there)).rows).toMatchObject([
      { value: '{"input_tokens": 1, "output_tokens": 2}' },
    ]);
    expect((await broughtBack(tokenMetrics, [document], there)).rows).toMatchObject([
      { key: 'input_tokens', value: 5 },
    ]);
    // An empty database gets those that the migration carried beside the trace, for traces that are there.
    const own = [
      { _id: 'a', request_id: 'tr-1', key: 'input_tokens', value: new Double(5) },
      { _id: 'b', request_id: 'tr-1', key: 'latency', value: new Double(6) },
      { _id: 'c', request_id: 'tr-gone', key: 'latency', value: new Double(7) },
    ];
    const empty = { schema: OLDER, documents: { traces: [document], trace_metrics: own.slice(0, 1) } };
    expect((await broughtBack(ownMetrics, own, empty)).rows).toEqual([
      { request_id: 'tr-1', key: 'latency', value: 6 },
    ]);
    expect((await broughtBack(tokenMetrics, [document], empty)).rows).toEqual([
      { request_id: 'tr-1', key: 'input_tokens', value: 5 },
    ]);
  });
});

describe('a trace of the plugin', () => {
  test("becomes what MLflow's SQL store writes for it", async () => {
    const found = await broughtBack(traces, [MADE], { schema: NEWEST });
    expect(found.faults).toEqual([]);
    expect(found.rows).toMatchObject([
      {
        trace_name: 'chat',
        session_id: 's',
        input_tokens: 9007199254740993n,
        output_tokens: 2n,
        total_tokens: null,
        total_cost: 0.1,
      },
    ]);
    const told = async (returning: typeof tags) =>
      (await broughtBack(returning, [MADE], { schema: NEWEST })).rows.map(({ key, value }) => [key, value]);
    expect(await told(tags)).toEqual([['mlflow.trace.spansLocation', 'TRACKING_STORE']]);
    expect(await told(metadata)).toEqual([
      ['mlflow.user', 'é'],
      ['mlflow.trace.infoFinalized', 'true'],
    ]);
    const { rows } = await broughtBack(tokenMetrics, [MADE], { schema: OLDER });
    expect(rows.map(({ key, value }) => [key, value])).toEqual([
      ['input_tokens', 9007199254740992],
      ['output_tokens', 2],
    ]);
  });

  test('has its columns where a tag or a number was changed, and none where it was taken away', async () => {
    const row = { ...TRACE, trace_name: 'before', session_id: 's', input_tokens: 1n, total_cost: 0.1 };
    const there = { schema: NEWEST, rows: standing(row, { trace_tags: [['mlflow.traceName', 'stale']] }) };
    const { rows } = await broughtBack(traces, [MADE], there);
    expect(rows).toMatchObject([{ trace_name: 'chat', input_tokens: 9007199254740993n }]);
    expect((await broughtBack(tags, [MADE], there)).rows).toMatchObject([
      { value: 'stale' },
      { value: 'TRACKING_STORE' },
    ]);
    const nameless = { ...MADE, tags: [], trace_metadata: [], token_usage: null, cost: null };
    expect((await broughtBack(traces, [nameless], there)).rows).toMatchObject([
      { trace_name: null, session_id: null, input_tokens: null, total_cost: null },
    ]);
    expect((await broughtBack(tags, [nameless], there)).rows).toEqual([]);
  });

  test('is linked to the runs and prompts that it names, and by a row to the run that made it where there is one', async () => {
    const linked = {
      ...MADE,
      run_ids: ['made-it', 'other'],
      trace_metadata: [{ k: 'mlflow.sourceRun', v: 'made-it' }],
      linked_prompts: [{ name: 'a/b', version: '7' }],
    };
    const ends = async (rows: Readonly<Record<string, readonly object[]>>) =>
      (await broughtBack(links, [linked], { schema: NEWEST, rows })).rows.map(
        ({ destination_type: type, destination_id: id }) => [type, id],
      );
    expect(await ends({})).toEqual([
      ['run', 'other'],
      ['prompt_version', 'a/b/7'],
    ]);
    expect(await ends({ entity_associations: [{ trace: 'tr-1', run: 'made-it' }] })).toHaveLength(3);
  });

  test.each([
    ['a field that it does not write', { colour: 'red' }, 'colour'],
    ['an experiment that is not there', { experiment_id: 'absent' }, 'experiment_id'],
    ['a copy of its tokens that says something else', { token_usage: { input_tokens: 1 } }, 'token_usage'],
    ['sizes that its metadata does not have', { span_stats: { num_spans: 1 } }, 'span_stats'],
    ['a tag that is no text', { tags: [{ k: 'a', v: 1 }] }, 'tags'],
  ])('does not come back with %s', async (_what, changed, field) => {
    const { faults } = await broughtBack(traces, [{ ...MADE, ...changed }], { schema: NEWEST });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([field]);
  });

  test('does not leave spans behind that the schema has no table for', async () => {
    const documents = { spans: [{ _id: 'a span' }] };
    const { faults } = await broughtBack(traces, [MADE], { schema: NEWEST, documents });
    expect(faults).toEqual([': this release of MLflow has no table for spans']);
  });
});
