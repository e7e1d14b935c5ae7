import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LayoutOptions } from '../../src/contract/plan.ts';
import type { SourceSchema } from '../../src/contract/sourceSchema.ts';
import { buildLayout } from '../../src/mlflow/layouts/buildLayout.ts';
import { tableReferences } from '../../src/mlflow/schema/tableReferences.ts';
import { introspect } from '../../src/source/introspect.ts';
import { type FreshSource, freshSource } from '../support/databases.ts';
import { FIXTURE_VERSIONS } from '../support/fixtures.ts';
import { type Outcome, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

/** As a restore without constraints leaves it; primary keys stay. */
const DROP_FOREIGN_KEYS = `
  do $$ declare k record; begin
    for k in select conrelid::regclass as name, conname from pg_constraint where contype = 'f' loop
      execute format('alter table %s drop constraint %I', k.name, k.conname);
    end loop;
  end $$`;

async function schemaOf(uri: string): Promise<SourceSchema> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    return (await introspect(client, null)).schema;
  } finally {
    await client.end();
  }
}

const referencesOf = (schema: SourceSchema) =>
  schema.tables.flatMap((table) =>
    tableReferences(schema, table).map(
      ({ columns, referencedTable, referencedColumns }) =>
        `${table.name}(${columns.join()}) → ${referencedTable}(${referencedColumns.join()})`,
    ),
  );

const orders = (schema: SourceSchema, layout: LayoutOptions['layout']) =>
  buildLayout(schema, { layout, tables: null, workspace: null })
    .collections.filter(({ table }) => schema.tables.some(({ name }) => name === table))
    .map(({ collection, orderBy }) => `${collection}: ${orderBy.join()}`);

describe.each(FIXTURE_VERSIONS)('a database of MLflow %s without its foreign keys', (version) => {
  let source: FreshSource;
  let before: SourceSchema;
  let after: SourceSchema;

  beforeAll(async () => {
    source = await freshSource(version);
    before = await schemaOf(source.uri);
    await runSql(source.uri, DROP_FOREIGN_KEYS);
    after = await schemaOf(source.uri);
    return () => source.drop();
  });

  test('is judged by the same references, which are those of MLflow’s model', () => {
    expect(after.tables.flatMap(({ foreignKeys }) => foreignKeys)).toEqual([]);
    const declared = before.tables.reduce((sum, { foreignKeys }) => sum + foreignKeys.length, 0);
    const model = referencesOf(after).sort();
    expect(model).toEqual(referencesOf(before).sort());
    // MLflow's upgrades never made the key of input_tags, which its model has.
    const undeclared = version === '1.30.1' ? 0 : 1;
    expect(model).toHaveLength(declared + undeclared);
  });

  test.each(['tables', 'mlflow'] as const)(
    'has its rows caught up in one way for each table in the layout %s, so that those of several collections add up',
    (layout) => {
      for (const schema of [before, after]) {
        const ways = new Map<string, Set<boolean>>();
        for (const definition of buildLayout(schema, { layout, tables: null, workspace: null }).collections) {
          const children = definition.children.filter(({ isCounted }) => isCounted);
          for (const { table } of [definition, ...children])
            ways.set(table, (ways.get(table) ?? new Set()).add(definition.rowVersion === null));
        }
        expect([...ways].filter(([, way]) => way.size > 1).map(([table]) => table)).toEqual([]);
      }
    },
  );

  test('is read in the same order, so that each row keeps its _id', () => {
    expect(orders(after, 'tables')).toEqual(orders(before, 'tables'));
    expect(orders(after, 'mlflow')).toEqual(expect.arrayContaining(orders(before, 'mlflow')));
  });
});

describe('orphans', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(async () => {
    await app[Symbol.asyncDispose]();
  });

  const said = ({ report }: Outcome) =>
    report.validation.findings
      .filter(({ check }) => check === 'references')
      .map(({ severity, message }) => `${severity} ${message}`);

  const withOrphans = async (): Promise<Pair> => {
    const pair = await app.pair('3.17.2');
    await runSql(
      pair.postgresUri,
      `${DROP_FOREIGN_KEYS};
       delete from runs where run_uuid in (select run_uuid from metrics group by 1 order by 1 limit 3);
       insert into params (run_uuid, key, value) values ('gone 1', 'k', 'v'), ('gone 1', 'k 2', 'v'), ('gone 2', 'k', 'v');
       update spans set trace_id = 'no trace' where span_id = (select min(span_id) from spans);
       insert into model_versions (name, version, workspace, current_stage, status) values ('no model', 1, 'default', 'None', 'READY');
       insert into trace_tags (request_id, key, value) values ('no trace', 'k', 'v')`,
    );
    return pair;
  };

  test('are counted and said in the layout tables, and one that only the target has is an error', async () => {
    const pair = await withOrphans();
    const outcome = await app.migrate(pair);
    expect(outcome.report.problems).toEqual([]);
    expect(outcome.code).toBe(0);
    expect(outcome.report.validation.references).toBe('ok');
    expect(said(outcome)).toEqual(
      expect.arrayContaining([
        'note metrics.run_uuid → runs: 3 values without a parent, as in the source',
        expect.stringMatching(/^note params\.run_uuid → runs: [2-5] values without a parent, as in the source$/),
        'note spans.trace_id → trace_info: 1 value without a parent, as in the source',
        'note model_versions.workspace, name → registered_models: 1 value without a parent, as in the source',
        'note trace_tags.request_id → trace_info: 1 value without a parent, as in the source',
      ]),
    );
    await withTarget(pair, (db) => db.collection('runs').deleteMany({}));
    const compared = await app.migrate(pair, { validateOnly: true });
    expect(compared.report.validation.references).toBe('failed');
    expect(said(compared)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^error metrics\.run_uuid → runs: \d+ values without a parent \(in the source: 3\)$/),
      ]),
    );
  });

  test('are counted and said in the layout mlflow, where they stand in collections of their own', async () => {
    const pair = await withOrphans();
    const outcome = await app.migrate(pair, { layout: 'mlflow' });
    expect(outcome.report.problems).toEqual([]);
    expect(outcome.report.validation.references).toBe('ok');
    expect(said(outcome)).toEqual(
      expect.arrayContaining([
        'note metrics.run_id → runs: 3 values without a parent, as in the source',
        expect.stringMatching(/^note params\.run_uuid → runs: [2-5] values without a parent, as in the source$/),
        'note spans.trace_id → traces: 1 value without a parent, as in the source',
        'note trace_tags.request_id → traces: 1 value without a parent, as in the source',
      ]),
    );
  });

  test('of a model’s point that no run has are told by its document, as the rows of points do not tell', async () => {
    const pair = await app.pair('3.17.2');
    await runSql(
      pair.postgresUri,
      `${DROP_FOREIGN_KEYS};
       insert into logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, experiment_id, run_id)
         select model_id, 'lost', 1, 1, 1, experiment_id, 'gone' from logged_models limit 1`,
    );
    const outcome = await app.migrate(pair, { layout: 'mlflow' });
    expect(said(outcome)).toContainEqual(expect.stringContaining('metrics.run_id → runs: 1 value without a parent'));
  });

  test('that the foreign keys should have kept away are named one by one in the layout mlflow, each as a row in error', async () => {
    const pair = await app.pair('3.17.2');
    await runSql(
      pair.postgresUri,
      `set session_replication_role = replica;
       insert into experiment_tags (experiment_id, key, value) values (999, 'k', 'v');
       insert into tags (run_uuid, key, value) values ('gone', 'k', 'v');
       insert into params (run_uuid, key, value) values ('gone', 'k', 'v'), ('gone', 'k2', 'v');
       insert into latest_metrics (run_uuid, key, value, timestamp, step, is_nan) values ('gone', 'k', 1, 1, 1, false);
       insert into registered_model_tags (workspace, name, key, value) values ('default', 'gone', 'k', 'v');
       insert into registered_model_aliases (workspace, name, alias, version) values ('default', 'gone', 'k', 1);
       insert into model_version_tags (workspace, name, version, key, value) values ('default', 'gone', 7, 'k', 'v');
       insert into logged_model_tags (model_id, experiment_id, tag_key, tag_value) values ('gone', 999, 'k', 'v');
       insert into logged_model_params (model_id, experiment_id, param_key, param_value) values ('gone', 999, 'k', 'v');
       insert into trace_tags (request_id, key, value) values ('gone', 'k', 'v');
       insert into trace_request_metadata (request_id, key, value) values ('gone', 'k', 'v')`,
    );
    const rows = [
      ['experiment_tags', '999:k'],
      ['latest_metrics', 'gone:k'],
      ['logged_model_params', 'gone:k'],
      ['logged_model_tags', 'gone:k'],
      ['model_version_tags', 'default:gone:7:k'],
      ['params', 'gone:k'],
      ['params', 'gone:k2'],
      ['registered_model_aliases', 'default:gone:k'],
      ['registered_model_tags', 'default:gone:k'],
      ['tags', 'gone:k'],
      ['trace_request_metadata', 'gone:k'],
      ['trace_tags', 'gone:k'],
    ];
    const named = ({ report }: Outcome) =>
      report.validation.findings.flatMap(({ table, key }) => (key === undefined ? [] : [[table, key]])).sort();
    const differences = async ({ id }: Outcome) => {
      const lines = await (await app.request('GET', `/api/migrations/${id}/differences`)).text();
      return lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { table: string; key: string; kind: string });
    };
    const migrated = await app.migrate(pair, { layout: 'mlflow' });
    expect(migrated.report.problems).toEqual([]);
    expect(migrated.code).toBe(1);
    expect(named(migrated)).toEqual(rows);
    expect(migrated.report.totals.errors).toBe(rows.length);
    expect(migrated.report.tables['params']).toMatchObject({ errors: 2 });
    expect(migrated.report.totals.total - migrated.report.totals.migrated).toBe(rows.length);
    expect(migrated.report.verdict.details.filter((line) => /different moments|Every row/.test(line))).toEqual([]);
    expect(migrated.report.verdict).toMatchObject({
      headline: `Migration completed with ${rows.length} errors`,
      equalUpTo: null,
    });
    const listed = await differences(migrated);
    expect(listed.map(({ table, key, kind }) => [table, key, kind]).sort()).toEqual(
      rows.map((row) => [...row, 'refused']),
    );
    // Where only counts are compared no number of rows that were seen tells of them.
    for (const validate of ['full', 'counts']) {
      const settings = { validateOnly: true, migration_settings: { validate } };
      const compared = await app.migrate(pair, { layout: 'mlflow', ...settings });
      expect(compared.code).toBe(3);
      expect(named(compared)).toEqual(rows);
      expect(new Set((await differences(compared)).map(({ kind }) => kind))).toEqual(new Set(['missing']));
    }
  });

  test('rows of another workspace stay away also where nothing but MLflow’s model says whose they are', async () => {
    const pair = await app.pair('3.17.2');
    await runSql(
      pair.postgresUri,
      `${DROP_FOREIGN_KEYS}; insert into workspaces (name) values ('team-a');
       insert into experiments (experiment_id, name, workspace, lifecycle_stage) values (900, 'of team a', 'team-a', 'active')`,
    );
    const { code, report } = await app.migrate(pair, { layout: 'mlflow', workspace: 'team-a' });
    expect(report.problems).toEqual([]);
    expect(code).toBe(0);
    for (const table of ['logged_models', 'trace_info', 'params', 'spans', 'datasets', 'scorers', 'label_schemas'])
      expect(report.tables[table], table).toMatchObject({ migrated: 0, errors: 0 });
  });
});
