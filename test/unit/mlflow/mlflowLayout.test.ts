import { describe, expect, test } from 'vitest';
import { pythonFloat } from '../../../src/encoding/pythonFloat.ts';
import { collectionOf, layoutOf, METRICS, schemaOf, table } from './layoutRows.ts';

const EXPERIMENTS = table('experiments', ['experiment_id:int4!', 'name', 'workspace']);
const RUNS = table(
  'runs',
  ['run_uuid!', 'experiment_id:int4'],
  [{ columns: ['experiment_id'], referencedTable: 'experiments', referencedColumns: ['experiment_id'] }],
);
const TAGS = table(
  'tags',
  ['key!', 'value', 'run_uuid!'],
  [{ columns: ['run_uuid'], referencedTable: 'runs', referencedColumns: ['run_uuid'] }],
);
const MODELS = table('registered_models', ['name!', 'workspace!']);
const WEBHOOKS = table('webhooks', ['webhook_id!', 'workspace']);
const EVENTS = table(
  'webhook_events',
  ['webhook_id!', 'entity!'],
  [{ columns: ['webhook_id'], referencedTable: 'webhooks', referencedColumns: ['webhook_id'] }],
);
const ISSUES = table(
  'issues',
  ['issue_id!', 'experiment_id:int4'],
  [{ columns: ['experiment_id'], referencedTable: 'experiments', referencedColumns: ['experiment_id'] }],
);
const ALEMBIC = table('alembic_version', ['version_num!']);

const SCHEMA = schemaOf(ALEMBIC, EXPERIMENTS, RUNS, TAGS, METRICS, MODELS, WEBHOOKS, EVENTS, ISSUES);

describe('the layout', () => {
  test('gives what the plugin has no place for collections of its own, and says so for each table', () => {
    const layout = layoutOf(SCHEMA);
    expect(layout.collections.map(({ collection, table: root }) => [collection, root])).toEqual([
      ['experiments', 'experiments'],
      ['runs', 'runs'],
      ['run_metrics', 'metrics'],
      ['registered_models', 'registered_models'],
      ['webhooks', 'webhooks'],
      ['webhook_events', 'webhook_events'],
      ['issues', 'issues'],
    ]);
    expect(layout.notes.filter(({ field }) => field === undefined).map((note) => note.table)).toEqual([
      'webhooks',
      'webhook_events',
      'issues',
    ]);
    expect(layout.notes).toContainEqual({
      table: 'experiments',
      field: 'workspace',
      message: 'The store plugin has no place for the column experiments.workspace: it is not carried',
    });
  });

  test('counts every table in one place, and keeps rows without a parent where the schema lets them be', () => {
    const loose = table('tags', ['key!', 'value', 'run_uuid!']);
    const collections = layoutOf(schemaOf(EXPERIMENTS, RUNS, loose)).collections;
    expect(collections.map(({ collection }) => collection)).toEqual(['experiments', 'runs', 'tags']);
    expect(collections.at(-1)?.where).toBe(
      'not exists (select from "public"."runs" p where p."run_uuid" = t."run_uuid")',
    );
    expect(layoutOf(schemaOf(EXPERIMENTS, RUNS, TAGS)).collections).toHaveLength(2);
  });

  test('lets no other table have the name of a collection that the plugin reads', () => {
    const layout = layoutOf(schemaOf(EXPERIMENTS, table('traces', ['id!']), table('run_metrics', ['id!'])));
    expect(layout.collections.map(({ collection }) => collection)).toEqual([
      'experiments',
      'traces_table',
      'run_metrics_table',
    ]);
  });

  test('lets references of other tables lead to the documents', () => {
    const issues = collectionOf(layoutOf(SCHEMA), 'issues');
    expect(issues.references).toEqual([
      {
        fields: ['experiment_id'],
        collection: 'experiments',
        referencedFields: ['_id'],
        isIndexed: true,
        source: {
          table: 'issues',
          columns: ['experiment_id'],
          referencedTable: 'experiments',
          referencedColumns: ['experiment_id'],
        },
      },
    ]);
  });

  test('takes the whole document for a table that stands in it', () => {
    const layout = layoutOf(SCHEMA, { tables: ['tags', 'webhooks'] });
    expect(layout.collections.map(({ collection }) => collection)).toEqual(['runs', 'webhooks']);
    expect(layout.collections.flatMap(({ references }) => references)).toEqual([]);
  });

  test('names the indexes as the plugin does', () => {
    const names = layoutOf(SCHEMA).collections.flatMap(({ indexes }) =>
      indexes.filter(({ name }) => name !== undefined).map(({ name, isUnique }) => `${name}${isUnique ? ' u' : ''}`),
    );
    expect(names).toEqual([
      'experiments_name_unique u',
      'experiments_lifecycle_creation_id',
      'runs_experiment_id',
      'run_metrics_run_k_timestamp',
      'run_metrics_model_k_latest',
      'run_metrics_model_dataset',
      'registered_models_name_unique u',
      'registered_models_tags_key_value',
    ]);
  });
});

describe('one workspace', () => {
  const layout = layoutOf(SCHEMA, { workspace: "o'team" });

  test('is followed from a table to those that refer to it', () => {
    const own = `t."workspace" = 'o''team'`;
    expect(layout.scopes['experiments']).toBe(own);
    expect(layout.scopes['webhooks']).toBe(own);
    expect(layout.scopes['webhook_events']).toBe(
      `exists (select from "public"."webhooks" t_0 where t_0."webhook_id" = t."webhook_id" and t_0."workspace" = 'o''team')`,
    );
    expect(layout.scopes['metrics']).toBe(
      `exists (select from "public"."runs" t_0 where t_0."run_uuid" = t."run_uuid" and exists (select from` +
        ` "public"."experiments" t_0_1 where t_0_1."experiment_id" = t_0."experiment_id" and t_0_1."workspace" = 'o''team'))`,
    );
    expect(layout.scopes['tags']).toContain('"public"."runs"');
    expect(collectionOf(layout, 'experiments').from).toBe(
      `(select x.*, x.xmin from "public"."experiments" x where x."workspace" = 'o''team') t`,
    );
    expect(layout.scopes).not.toHaveProperty('alembic_version');
  });

  test('that the source has not is a problem', () => {
    const [known] = layout.checks;
    expect(known?.describe([{ name: "o'team" }])).toBeNull();
    expect(known?.describe([{ name: 'default' }])).toMatchObject({
      kind: 'config',
      hint: 'Its workspaces are: default',
    });
  });

  test('other than default is none in a release without workspaces', () => {
    const old = schemaOf(table('experiments', ['experiment_id:int4!', 'name']));
    expect(layoutOf(old, { workspace: 'default' }).checks[0]?.describe([{}])).toBeNull();
    expect(layoutOf(old, { workspace: 'other' }).checks[0]?.describe([{}])).toMatchObject({ kind: 'config' });
  });
});

test('names in several workspaces, and another experiment named Default, are told with the way out', () => {
  const [experiments, models, standard] = layoutOf(SCHEMA).checks;
  expect(experiments?.describe([])).toBeNull();
  expect(experiments?.describe([{ name: 'x', workspaces: 'a, b' }])).toEqual({
    kind: 'config',
    message: '1 name of an experiment is in several workspaces, and the store plugin knows one namespace: x (a, b)',
    hint: expect.stringContaining('--workspace NAME'),
  });
  const many = Array.from({ length: 25 }, (_, index) => ({ name: `m${index}`, workspaces: 'a, b' }));
  expect(models?.describe(many)?.message).toMatch(/^25 names of registered models .* m19 \(a, b\) and 5 more$/);
  expect(standard?.describe([])).toBeNull();
  expect(standard?.describe([{ id: '7' }])).toMatchObject({
    kind: 'source-unsupported',
    message: expect.stringContaining('Experiment 7'),
  });
});

test.each([
  [2, '2.0'],
  [-0, '-0.0'],
  [0.1, '0.1'],
  [1e-4, '0.0001'],
  [1e-5, '1e-05'],
  [1.5e-7, '1.5e-07'],
  [1e15, '1000000000000000.0'],
  [123456789012345680, '1.2345678901234568e+17'],
  [1e16, '1e+16'],
  [5e-324, '5e-324'],
  [Number.MAX_VALUE, '1.7976931348623157e+308'],
  [Number.NaN, 'NaN'],
])('%d is written as Python writes it', (value, text) => {
  expect(pythonFloat(value)).toBe(text);
});
