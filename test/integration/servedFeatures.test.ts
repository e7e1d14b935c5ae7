import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import type { SourceSchema } from '../../src/contract/sourceSchema.ts';
import { buildLayout } from '../../src/mlflow/layouts/buildLayout.ts';
import { TABLES_OF } from '../../src/mlflow/schema/mlflowTables.ts';
import { introspect } from '../../src/source/introspect.ts';
import { freshSource } from '../support/databases.ts';
import { FIXTURE_VERSIONS } from '../support/fixtures.ts';

const NEWEST = FIXTURE_VERSIONS[FIXTURE_VERSIONS.length - 1] as (typeof FIXTURE_VERSIONS)[number];
const PAGE = '../../docs/reference/served-features.md';

/** What Genesis-Flow's own store reads of the layout `tables`: those with rules of their own in docs/reference/tables-layout.md. */
const GENESIS_FLOW: ReadonlySet<string> = new Set([
  'experiments',
  'experiment_tags',
  'runs',
  'metrics',
  'params',
  'tags',
  'registered_models',
  'model_versions',
  'logged_models',
]);

async function schemaOfNewest(): Promise<SourceSchema> {
  const source = await freshSource(NEWEST);
  onTestFinished(() => source.drop());
  const client = new pg.Client({ connectionString: source.uri });
  await client.connect();
  try {
    return (await introspect(client, null)).schema;
  } finally {
    await client.end();
  }
}

/** Tables whose rows are in documents that the store plugin reads: all but those of collections that the notes tell it has no place for. */
function readByPlugin(schema: SourceSchema): ReadonlySet<string> {
  const { collections, notes } = buildLayout(schema, { layout: 'mlflow', tables: null, workspace: null });
  const own = new Set(notes.flatMap(({ message }) => / in the collection ([a-z_]+)/.exec(message)?.[1] ?? []));
  return new Set(
    collections
      .filter(({ collection }) => !own.has(collection))
      .flatMap(({ table, children }) => [table, ...children.map((child) => child.table)]),
  );
}

function reads(tables: readonly string[], reader: ReadonlySet<string>): string {
  const without = tables.filter((table) => !reader.has(table));
  if (without.length === tables.length) return 'kept';
  return without.length === 0 ? '**read**' : `**read**, without ${without.map((table) => `\`${table}\``).join(', ')}`;
}

function page(schema: SourceSchema): string {
  const plugin = readByPlugin(schema);
  const rows = Object.entries(TABLES_OF).map(([feature, tables]) =>
    [
      feature,
      tables.map((table) => `\`${table}\``).join(', '),
      reads(tables, plugin),
      reads(tables, GENESIS_FLOW),
    ].join(' | '),
  );
  return [
    '# What reads what of a result',
    '',
    `Every table of MLflow up to ${NEWEST}, by what MLflow uses it for, and which program reads it from the target. *kept*: all rows are`,
    'there, in a collection of the table’s name, compared with the source like all others; nothing reads them from MongoDB yet.',
    'Where only some tables of a feature are read, the others are kept; what the reader needs of them may stand in the documents of those.',
    '',
    'Genesis-Flow’s store is judged by [tables-layout.md](tables-layout.md), the plugin by [mlflow-mongodb-layout.md](mlflow-mongodb-layout.md);',
    'of its release 0.1.0, which was not within reach, nothing is said here ([after-migration.md](../after-migration.md)). Tables of other programs',
    'are kept too, or left out with `--exclude`.',
    '',
    '| Feature | Tables | Layout `mlflow`, plugin 0.1.0b2 | Layout `tables`, Genesis-Flow |',
    '| --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
    'This page is written by `npm test -- test/integration/servedFeatures.test.ts -u`, from `src/mlflow/schema/mlflowTables.ts` and the layouts.',
    '',
  ].join('\n');
}

test('the page of features says what the layouts make of the newest release', async () => {
  await expect(page(await schemaOfNewest())).toMatchFileSnapshot(PAGE);
});

test('every table of the newest release has its feature', async () => {
  const known = new Set(Object.values(TABLES_OF).flat());
  const { tables } = await schemaOfNewest();
  const unknown = tables.map(({ name }) => name).filter((name) => name !== 'alembic_version' && !known.has(name));
  expect(unknown).toEqual([]);
});
