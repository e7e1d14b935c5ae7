import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackReport } from '../../src/contract/backReport.ts';
import { type Outcome, type Pair, runSql, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** What comes with experiments, as somebody would ask for it by hand; `$1` are their ids. */
const RUNS = 'select run_uuid from runs where experiment_id = any($1)';
const TRACES = 'select request_id from trace_info where experiment_id = any($1)';
/** A run may use a model of another experiment, which comes along with its row of `experiments`. */
const IS_MODEL = `(experiment_id = any($1) or model_id in (select destination_id from inputs where source_id in (${RUNS})))`;
const MODELS = `select model_id from logged_models where ${IS_MODEL}`;
const EXPERIMENTS = `(experiment_id = any($1) or experiment_id in (select experiment_id from logged_models where ${IS_MODEL}))`;
const VERSIONS = `select name from model_versions where run_id in (${RUNS})`;
const SCORERS = 'select scorer_id from scorers where experiment_id = any($1)';
const DATASETS = `select source_id from entity_associations where source_type = 'evaluation_dataset' and destination_type = 'experiment' and destination_id::int = any($1)`;
const WANTED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['metrics', 'latest_metrics', 'params', 'tags'].map((table) => [table, `run_uuid in (${RUNS})`]),
  ),
  ...Object.fromEntries(
    ['runs', 'datasets', 'trace_info', 'scorers', 'issues', 'label_schemas'].map((table) => [
      table,
      'experiment_id = any($1)',
    ]),
  ),
  ...Object.fromEntries(['trace_tags', 'trace_request_metadata'].map((table) => [table, `request_id in (${TRACES})`])),
  ...Object.fromEntries(['spans', 'assessments'].map((table) => [table, `trace_id in (${TRACES})`])),
  ...Object.fromEntries(
    ['logged_model_params', 'logged_model_tags'].map((table) => [table, `model_id in (${MODELS})`]),
  ),
  experiments: EXPERIMENTS,
  experiment_tags: EXPERIMENTS,
  logged_models: IS_MODEL,
  inputs: `destination_id in (${RUNS}) or source_id in (${RUNS})`,
  model_versions: `run_id in (${RUNS})`,
  model_version_tags: `(name, version) in (select name, version from model_versions where run_id in (${RUNS}))`,
  registered_models: `name in (${VERSIONS})`,
  registered_model_tags: `name in (${VERSIONS})`,
  scorer_versions: `scorer_id in (${SCORERS})`,
  evaluation_datasets: `dataset_id in (${DATASETS})`,
  evaluation_dataset_records: `dataset_id in (${DATASETS})`,
};

async function rowsOf(pair: Pair, ids: readonly number[]): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: pair.postgresUri });
  await client.connect();
  try {
    const counts: Record<string, number> = {};
    for (const [table, where] of Object.entries(WANTED)) {
      const { rows } = await client.query(`select count(*)::int as count from ${table} where ${where}`, [ids]);
      counts[table] = rows[0].count;
    }
    return counts;
  } finally {
    await client.end();
  }
}

const documentsOf = (pair: Pair): Promise<Record<string, number>> =>
  withTarget(pair, async (db) =>
    Object.fromEntries(
      await Promise.all(
        Object.keys(WANTED).map(async (name) => [name, await db.collection(name).countDocuments()] as const),
      ),
    ),
  );

const problems = ({ report }: { readonly report: Pick<Outcome['report'], 'problems'> }): string[] =>
  report.problems.map(({ message }) => message);

async function bringBack(pair: Pair): Promise<{ readonly report: BackReport }> {
  const id = await app.begin(pair, { direction: 'back' });
  await app.finalStatus(id);
  const report = await app.request('GET', `/api/migrations/${id}/report`);
  return { report: (await report.json()) as BackReport };
}

test('a choice brings what hangs on it, grows, and does not shrink without consent', async () => {
  const pair = await app.pair('3.18.0');
  await runSql(pair.postgresUri, `update experiments set name = 'a, b' where experiment_id = 2`);
  const first = await app.migrate(pair, { experiments: ['a, b', '1'] });
  expect(problems(first)).toEqual([]);
  expect(first.code).toBe(0);
  expect(await documentsOf(pair)).toEqual(await rowsOf(pair, [1, 2]));
  expect(first.report.verdict.instantLines.join('\n')).toContain(
    'in the experiments a, b, 1 and what hangs on them alone',
  );
  expect(first.report.settings.experiments).toEqual(['a, b', '1']);
  expect(first.status.experiments).toEqual(['a, b', '1']);
  expect(Object.keys(first.report.tables)).not.toContain('webhooks');

  const grown = await app.migrate(pair, { experiments: ['1', '2', '3'] });
  expect(grown.code).toBe(0);
  expect(grown.report.deleted).toEqual({});
  expect(await documentsOf(pair)).toEqual(await rowsOf(pair, [1, 2, 3]));

  const refused = await app.migrate(pair, { experiments: ['3'] });
  expect(problems(refused)).toEqual([expect.stringContaining('holds the experiments 1, 2 too')]);
  expect(await documentsOf(pair)).toEqual(await rowsOf(pair, [1, 2, 3]));

  const few = await app.migrate(pair, { experiments: ['3'], migration_settings: { allow_deletes: 5 } });
  expect(few.report.problems).toEqual([expect.objectContaining({ kind: 'deletes-need-consent' })]);
  const shrunk = await app.migrate(pair, { experiments: ['3'], migration_settings: { allow_deletes: 'all' } });
  expect(shrunk.code).toBe(0);
  expect(await documentsOf(pair)).toEqual(await rowsOf(pair, [3]));
});

test('a target of all that shrank holds the chosen ones: the same choice goes on, and the way back says why not', async () => {
  const pair = await app.pair('3.18.0');
  expect((await app.migrate(pair)).code).toBe(0);
  const consent = { migration_settings: { allow_deletes: 'all' } };
  // What a run with a part of the tables has deleted leaves the rest in the others.
  const parts = await app.migrate(pair, { experiments: ['3'], exclude: ['spans'], ...consent });
  expect(parts.code).toBe(0);
  expect(problems(await app.migrate(pair, { experiments: ['3'] }))).toEqual([
    expect.stringContaining('holds all experiments of this source'),
  ]);
  const back = await bringBack(pair);
  expect(problems(back)).toEqual([
    expect.stringMatching(/was of one experiment .*\(3\): .*delete the rows of all others/),
  ]);

  const shrunk = await app.migrate(pair, { experiments: ['3'], ...consent });
  expect(shrunk.code).toBe(0);
  expect(shrunk.report.validation.findings).toContainEqual(
    expect.objectContaining({ severity: 'note', message: expect.stringMatching(/^The collection webhooks keeps/) }),
  );
  expect((await app.migrate(pair, { experiments: ['3'] })).code).toBe(0);
  const compared = await app.migrate(pair, { experiments: ['1'], validateOnly: true });
  expect(compared.report.problems).toEqual([
    expect.objectContaining({ message: expect.stringContaining('holds the experiment 3 too') }),
  ]);
  const refused = await bringBack(pair);
  expect(problems(refused)).toEqual([expect.stringContaining('holds one experiment of this source alone (3)')]);
});

test('in the layout mlflow a run that moves in comes with its history, and one that moves out goes', async () => {
  const pair = await app.pair('3.18.0');
  const body = { layout: 'mlflow', experiments: ['1'] };
  const first = await app.migrate(pair, body);
  expect(first.code).toBe(0);
  const points = () => withTarget(pair, (db) => db.collection('run_metrics').countDocuments());
  const { metrics = 0, runs } = await rowsOf(pair, [1]);
  expect(first.report.tables['metrics']?.migrated).toBe(metrics);
  expect(await withTarget(pair, (db) => db.collection('runs').countDocuments())).toBe(runs);
  const before = await points();
  const moved = `(select run_uuid from runs where experiment_id <> 1 and run_uuid in (select run_uuid from metrics) order by 1 limit 1)`;
  await runSql(pair.postgresUri, `update runs set experiment_id = 1 where run_uuid = ${moved}`);
  const caughtUp = await app.migrate(pair, { ...body, catchUp: true });
  expect(problems(caughtUp)).toEqual([]);
  expect(caughtUp.code).toBe(0);
  const arrived = (await rowsOf(pair, [1])).metrics ?? 0;
  expect(await points()).toBe(before + arrived - metrics);
  expect(arrived).toBeGreaterThan(metrics);

  await runSql(pair.postgresUri, 'update runs set experiment_id = 2 where experiment_id = 1');
  const left = await app.migrate(pair, { ...body, catchUp: true, migration_settings: { allow_deletes: 'all' } });
  expect(left.code).toBe(0);
  expect(await points()).toBe(0);
});

test('what is not there or is not one experiment alone is refused, before anything is written', async () => {
  const pair = await app.pair('3.18.0');
  const unknown = await app.migrate(pair, { experiments: ['1', 'no such', '4711'] });
  expect(unknown.code).toBe(2);
  expect(problems(unknown)).toEqual(['The source has no experiments no such, 4711']);
  const strange = await app.migrate(pair, { experiments: ['1'], tables: ['webhooks'] });
  expect(strange.code).toBe(2);
  const whole = await app.migrate(pair, { tables: ['experiments'] });
  expect(whole.code).toBe(0);
  const analysis = await app.migrate(pair, { experiments: ['1'], tables: ['runs'] }, 'analyses');
  expect(analysis.code).toBe(0);
  const { rows, there = 0 } = analysis.report.analysis.tables['runs'] ?? {};
  expect(rows).toBe((await rowsOf(pair, [1])).runs);
  expect(there).toBeGreaterThan(rows ?? 0);
  const refused = await app.migrate(pair, { experiments: ['1'], tables: ['experiments'] });
  expect(problems(refused)).toEqual([expect.stringContaining('holds all experiments of this source')]);
});
