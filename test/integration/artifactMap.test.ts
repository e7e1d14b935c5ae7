import { BSON } from 'bson';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pair } from '../support/runMigration.ts';
import { runSql, TestApp, withTarget } from '../support/runMigration.ts';

let app: TestApp;
/** Migrated with the map, in the layout tables. */
let filled: Pair | undefined;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

const BUCKET = 's3://mlflow-artifacts';
const artifacts = [
  { from: `${BUCKET}/`, to: 'wasbs://art@acct.blob.core.windows.net/mlflow' },
  { from: `${BUCKET}/plain`, to: 'gs://plain' },
  { from: 's3://misspelt', to: 'gs://nowhere' },
];
const HISTORY = JSON.stringify([{ run_id: 'r', artifact_path: `${BUCKET}/plain/models/m-1/artifacts`, flavors: {} }]);
/** What no fixture has: the history of logged models, the history of one that is in the run, and a location with a login. */
const MORE = `
  insert into tags (key, value, run_uuid)
    select 'mlflow.log-model.history', '${HISTORY}', run_uuid from runs order by run_uuid limit 3;
  insert into tags (key, value, run_uuid) select 'note', '${BUCKET}/plain', run_uuid from runs order by run_uuid limit 2;
  update experiments set artifact_location = 'ftp://ann:hush-hush@files/x' where experiment_id = 4;
`;

const mapped = (text: string) =>
  text
    .replaceAll(/s3:\/\/mlflow-artifacts\/plain(?=[/"]|$)/g, 'gs://plain')
    .replaceAll(/s3:\/\/mlflow-artifacts(?=[/"]|$)/g, 'wasbs://art@acct.blob.core.windows.net/mlflow');

/** Values of a column in the source, and how many of them the map changes. */
async function valuesOf(pair: Pair, sql: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: pair.postgresUri });
  await client.connect();
  try {
    const { rows } = await client.query<{ v: string }>({ text: `select v from (${sql}) s where v is not null` });
    return rows.map(({ v }) => v);
  } finally {
    await client.end();
  }
}

const COLUMNS: Readonly<Record<string, string>> = {
  'experiments.artifact_location': 'select artifact_location as v from experiments',
  'runs.artifact_uri': 'select artifact_uri as v from runs',
  'tags.value': `select value as v from tags where key = 'mlflow.log-model.history'`,
  'model_versions.source': 'select source as v from model_versions',
  'model_versions.storage_location': 'select storage_location as v from model_versions',
  'logged_models.artifact_location': 'select artifact_location as v from logged_models',
  'trace_tags.value': `select value as v from trace_tags where key = 'mlflow.artifactLocation'`,
  'datasets.dataset_source': 'select dataset_source as v from datasets',
  'workspaces.default_artifact_root': 'select default_artifact_root as v from workspaces',
};

/** Runs of the layout `mlflow` hold copies of their datasets. */
const COPIES = `select d.dataset_source as v from inputs i join datasets d on d.dataset_uuid = i.source_id
  where i.destination_type = 'RUN'`;

/** All documents as text, to be searched. */
const textOf = (pair: Pair): Promise<string> =>
  withTarget(pair, async (db) => {
    const names = (await db.listCollections().toArray())
      .map(({ name }) => name)
      .filter((name) => name !== '_migration');
    const documents = await Promise.all(names.map((name) => db.collection(name).find().toArray()));
    return documents
      .flat()
      .map((document) => BSON.EJSON.stringify(document))
      .join('\n');
  });

const timesIn = (text: string, part: string): number => text.split(part).length - 1;

test.each(['tables', 'mlflow'])('locations are mapped, compared and counted in the layout %s', async (layout) => {
  const pair = await app.pair('3.18.0');
  await runSql(pair.postgresUri, MORE);
  const { code, report } = await app.migrate(pair, { layout, artifacts });
  if (layout === 'tables') filled = pair;
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  expect(report.verdict.instantLines.join()).toContain(', with the locations of artifacts mapped;');

  const changed: Record<string, number> = {};
  const after: string[] = [];
  for (const [column, sql] of Object.entries(COLUMNS)) {
    const values = await valuesOf(pair, sql);
    changed[column] = values.filter((value) => mapped(value) !== value).length;
    after.push(...values.map(mapped));
  }
  if (layout === 'mlflow') after.push(...(await valuesOf(pair, COPIES)).map(mapped));
  expect(report.artifacts?.changed).toMatchObject(changed);
  expect(Object.values(changed)).not.toContain(0);
  const met = Object.fromEntries(report.artifacts?.mappings.map(({ from, values }) => [from, values > 0]) ?? []);
  expect(met).toEqual({ [`${BUCKET}/`]: true, [`${BUCKET}/plain`]: true, 's3://misspelt': false });
  expect(report.artifacts?.unmet.map(({ prefix }) => prefix)).toEqual(
    expect.arrayContaining(['ftp://', 'wasbs://models@fakeaccount.blob.core.windows.net']),
  );
  expect(JSON.stringify(report)).not.toContain('hush');
  expect(report.validation.findings.map(({ message }) => message)).toContainEqual(
    expect.stringContaining('No location of an artifact begins with s3://misspelt'),
  );

  const documents = await textOf(pair);
  // Two notes and nothing else speak of the bucket: they are text of somebody, and no location.
  expect(timesIn(documents, BUCKET)).toBe(2);
  for (const prefix of ['gs://plain', 'wasbs://art@acct.blob.core.windows.net/mlflow']) {
    expect(timesIn(documents, prefix)).toBe(timesIn(after.join('\n'), prefix));
  }
});

test('another map is another proof: what it maps otherwise is found, and written anew', async () => {
  if (filled === undefined) throw new Error('The layout tables was not migrated');
  expect((await app.migrate(filled, { validateOnly: true })).code).toBe(3);
  const again = await app.migrate(filled, { catchUp: true });
  expect(again.code).toBe(0);
  expect(again.report.artifacts).toBeUndefined();
  expect(await textOf(filled)).not.toContain('gs://plain');
});
