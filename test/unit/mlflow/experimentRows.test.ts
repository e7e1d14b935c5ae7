import { describe, expect, test } from 'vitest';
import type { SourceForeignKey } from '../../../src/contract/sourceSchema.ts';
import { ExperimentRows } from '../../../src/mlflow/layouts/rows/experimentRows.ts';
import { RowChoice } from '../../../src/mlflow/layouts/rows/rowChoice.ts';
import { schemaOf, table } from './layoutRows.ts';

const to = (referencedTable: string, columns: string[], referencedColumns = columns): SourceForeignKey => ({
  columns,
  referencedTable,
  referencedColumns,
});

/** MLflow's own, and tables of a release that nobody knows. */
const SCHEMA = schemaOf(
  table('experiments', ['experiment_id!:int4', 'name']),
  table('runs', ['run_uuid!', 'experiment_id:int4'], [to('experiments', ['experiment_id'])]),
  table('metrics', ['run_uuid!', 'key!'], [to('runs', ['run_uuid'])]),
  table('trace_info', ['request_id!', 'experiment_id:int4'], [to('experiments', ['experiment_id'])]),
  table(
    'spans',
    ['trace_id!', 'span_id!', 'experiment_id:int4'],
    [to('trace_info', ['trace_id'], ['request_id']), to('experiments', ['experiment_id'])],
  ),
  table('registered_models', ['name!']),
  table('registered_model_tags', ['key!', 'name!'], [to('registered_models', ['name'])]),
  table('registered_model_aliases', ['alias!', 'name!', 'version:int4'], [to('registered_models', ['name'])]),
  table('model_versions', ['name!', 'version!:int4', 'run_id'], [to('registered_models', ['name'])]),
  table('owners', ['owner_id!']),
  table(
    'probes',
    ['probe_id!', 'run:varchar', 'owner_id'],
    [to('runs', ['run'], ['run_uuid']), to('owners', ['owner_id'])],
  ),
  table('probe_results', ['result_id!', 'probe_id'], [to('probes', ['probe_id'])]),
  table('links', ['left!', 'right!'], [to('probes', ['left'], ['probe_id']), to('runs', ['right'], ['run_uuid'])]),
  table('notes', ['note_id!', 'experiment_id']),
  table('webhooks', ['webhook_id!']),
  table('webhook_events', ['webhook_id!', 'event!'], [to('webhooks', ['webhook_id'])]),
);

const rows = new ExperimentRows(SCHEMA, { ids: ['1', '2'], besides: ['9'] });
const HAS_RUN = (alias: string, run: string) =>
  `exists (select from "public"."runs" ${alias} where ${alias}."run_uuid" = ${run} and ${alias}."experiment_id" in ('1', '2'))`;

describe('rows of chosen experiments', () => {
  test('are those of the experiments, with others that rows of theirs refer to', () => {
    expect(rows.wanted('experiments', 't')).toBe("t.experiment_id in ('1', '2', '9')");
    expect(rows.wanted('runs', 't')).toBe(`t."experiment_id" in ('1', '2')`);
    expect(rows.wanted('metrics', 't')).toBe(HAS_RUN('t_1', 't."run_uuid"'));
  });

  test('hang on them in tables that nobody knows too, by their keys or by their name', () => {
    expect(rows.wanted('probes', 't')).toBe(HAS_RUN('t_1', 't."run"'));
    expect(rows.wanted('probe_results', 't')).toContain('from "public"."probes"');
    expect(rows.wanted('notes', 't')).toBe(`t."experiment_id" in ('1', '2')`);
  });

  test('hang on them by every owner', () => {
    expect(rows.wanted('links', 't')).toBe(
      `exists (select from "public"."probes" t_1 where t_1."probe_id" = t."left" and ${HAS_RUN('t_1_2', 't_1."run"')}) and ${HAS_RUN('t_1', 't."right"')}`,
    );
  });

  test('take along what they refer to, with what tells more of it, and none of the rest', () => {
    expect(rows.wanted('owners', 't')).toContain('from "public"."probes"');
    expect(rows.wanted('registered_models', 't')).toContain('from "public"."model_versions"');
    expect(rows.wanted('registered_model_tags', 't')).toContain('from "public"."registered_models"');
    expect(rows.wanted('registered_model_aliases', 't')).toContain('from "public"."model_versions"');
    expect(rows.wanted('webhooks', 't')).toBeNull();
    expect(rows.wanted('webhook_events', 't')).toBeNull();
  });

  test('go by the nearer owner, whatever experiment stands beside it, which comes along then', () => {
    expect(rows.wanted('spans', 't')).not.toContain('t."experiment_id"');
    expect(rows.besides()).toMatch(
      /^select t."experiment_id"::text as id from "public"."spans" t where [^)]*not in \('1', '2'\)/,
    );
  });

  test('come without being written where their owner moves', () => {
    expect(rows.entrance('runs')).toBe('own');
    expect(rows.entrance('metrics')).toEqual([to('runs', ['run_uuid'])]);
    expect(rows.entrance('probe_results')).toBeNull();
    expect(rows.entrance('registered_models')).toBeNull();
    const choice = new RowChoice(SCHEMA, { workspace: null, experiments: { ids: ['1'], besides: [] } });
    const entered = choice.entered('metrics');
    expect(typeof entered === 'function' && entered((version) => `new(${version})`)).toEqual({
      joins:
        ' left join (select distinct o."run_uuid", true as is_written from "public"."runs" o where new(o.xmin)) entered_0' +
        ' on entered_0."run_uuid" = t."run_uuid"',
      condition: 'entered_0.is_written is true',
    });
  });
});

test('a table without a key is read as its own columns alone, whose whole row is its key', () => {
  const schema = schemaOf(
    table('experiments', ['experiment_id!:int4', 'name']),
    table('log', ['experiment_id:int4', 'line']),
  );
  const choice = new RowChoice(schema, { workspace: null, experiments: { ids: ['1'], besides: [] } });
  expect(choice.relation('log')).toBe(`(select x.* from "public"."log" x where x."experiment_id" in ('1'))`);
  expect(choice.relation('experiments')).toContain('x.xmin');
});
