import type { ArtifactMapping } from '../../contract/artifactMap.ts';
import { writeNames } from '../../contract/parseNames.ts';
import { findColumn, findTable, type SourceSchema } from '../../contract/sourceSchema.ts';
import { formatCount } from '../../formatCount.ts';
import { shellOption } from '../../quoteShell.ts';
import { quoteIdentifier } from '../../quoteSql.ts';
import { type ColumnReader, columnReader } from './columnReader.ts';
import { secretColumns } from './secretColumns.ts';

/** A question to the source's rows. Its answer is one row of numbers, as text. */
export interface RowQuestion {
  readonly table: string;
  readonly field?: string;
  readonly sql: string;
  /** What the numbers mean to whoever migrates; null where there is nothing to say. */
  describe(numbers: Readonly<Record<string, number>>): string | null;
}

/** Conditions over `t` by table, for the rows that are wanted at all; absent for all rows. */
export type Scopes = Readonly<Record<string, string>>;

const LOCAL = "like any (array['/%', './%', '../%', 'file:%'])";
/** A drive letter, as clients on Windows write it; a regular expression alone would cost as much as all else that is asked of the table. */
const isOnDrive = (location: string): string => `(${location} like '_:%' and ${location} ~ '^[A-Za-z]:[\\\\/]')`;

/** Columns that say where files are, by table. */
const LOCATIONS = [
  ['experiments', 'artifact_location'],
  ['runs', 'artifact_uri'],
  ['model_versions', 'source'],
  ['logged_models', 'artifact_location'],
] as const;

type Has = (table: string, ...columns: string[]) => boolean;
type Relation = (table: string) => string;
type Where = (table: string, ...conditions: string[]) => string;

const amount = (count = 0, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** What MLflow's people want to know of the rows before and after: what is deleted, empty, out of reach, or secret. */
export function rowQuestions(
  schema: SourceSchema,
  scopes: Scopes,
  artifacts: readonly ArtifactMapping[],
): RowQuestion[] {
  const has: Has = (table, ...columns) => {
    const found = findTable(schema, table);
    return found !== undefined && columns.every((column) => findColumn(found, column) !== undefined);
  };
  const relation: Relation = (table) => `${quoteIdentifier(schema.schema)}.${quoteIdentifier(table)}`;
  const where: Where = (table, ...conditions) => {
    const all = [...conditions, ...(scopes[table] === undefined ? [] : [`(${scopes[table]})`])];
    return all.length === 0 ? '' : `where ${all.join(' and ')}`;
  };
  return [
    ...deletedRuns(has, relation, where),
    ...emptyModels(has, relation, where),
    ...farFiles(has, relation, where, columnReader(schema, artifacts)),
    ...secrets(schema, relation, where),
  ];
}

function deletedRuns(has: Has, relation: Relation, where: Where): RowQuestion[] {
  const isKnown = (['runs', 'experiments'] as const).every((table) => has(table, 'experiment_id', 'lifecycle_stage'));
  if (!isKnown) return [];
  return [
    {
      table: 'runs',
      sql: `select count(*) filter (where t.lifecycle_stage = 'deleted')::text as deleted,
                   count(*) filter (where e.lifecycle_stage = 'deleted')::text as within,
                   count(distinct e.experiment_id) filter (where e.lifecycle_stage = 'deleted')::text as experiments
              from ${relation('runs')} t left join ${relation('experiments')} e using (experiment_id) ${where('runs')}`,
      describe: ({ deleted = 0, within = 0, experiments = 0 }) =>
        deleted + within === 0
          ? null
          : `${amount(deleted, 'run is', 'runs are')} deleted, and ${amount(within, 'run belongs', 'runs belong')} to ${amount(experiments, 'deleted experiment')}: they are carried as they are, unless mlflow gc takes them away before`,
    },
  ];
}

function emptyModels(has: Has, relation: Relation, where: Where): RowQuestion[] {
  if (!has('registered_models', 'name') || !has('model_versions', 'name')) return [];
  const hasWorkspaces = has('registered_models', 'workspace') && has('model_versions', 'workspace');
  const match = `v.name = t.name${hasWorkspaces ? ' and v.workspace = t.workspace' : ''}`;
  const isEmpty = `not exists (select from ${relation('model_versions')} v where ${match})`;
  return [
    {
      table: 'registered_models',
      sql: `select count(*)::text as count from ${relation('registered_models')} t ${where('registered_models', isEmpty)}`,
      describe: ({ count = 0 }) =>
        count === 0 ? null : `${amount(count, 'registered model has', 'registered models have')} no version`,
    },
  ];
}

/** Of the locations as they stand in the target. */
function farFiles(has: Has, relation: Relation, where: Where, read: ColumnReader): RowQuestion[] {
  return LOCATIONS.filter(([table, column]) => has(table, column)).map(([table, column]) => {
    const location = read(table, column);
    return {
      table,
      sql: `select count(*) filter (where ${location} ${LOCAL} or ${isOnDrive(location)})::text as local,
                   count(*) filter (where ${location} like 'mlflow-artifacts:%')::text as served
              from ${relation(table)} t ${where(table)}`,
      describe: (numbers) => locations(`${table}.${column}`, numbers),
    };
  });
}

function secrets({ tables }: SourceSchema, relation: Relation, where: Where): RowQuestion[] {
  return tables.flatMap((table) =>
    secretColumns(table).map(([column, what]) => ({
      table: table.name,
      field: column,
      sql: `select count(t.${quoteIdentifier(column)})::text as count from ${relation(table.name)} t ${where(table.name)}`,
      describe: ({ count = 0 }: Readonly<Record<string, number>>) =>
        count === 0
          ? null
          : `${table.name}.${column} holds ${what} (${amount(count, 'row')}): carried as they are, for everyone to see who may read the target; ${shellOption('exclude', writeNames([table.name]))} leaves the table out`,
    })),
  );
}

/** Files are not moved: what that means where not every client reaches them. */
function locations(column: string, { local = 0, served = 0 }: Readonly<Record<string, number>>): string | null {
  const parts = [
    ...(local === 0
      ? []
      : [
          `${amount(local, 'value')} of ${column} ${local === 1 ? 'is a path' : 'are paths'} of one machine's files, out of reach for all others`,
        ]),
    ...(served === 0
      ? []
      : [
          `${amount(served, 'value')} of ${column} ${served === 1 ? 'leads' : 'lead'} through the tracking server (mlflow-artifacts:), out of reach unless the new server has the same --artifacts-destination`,
        ]),
  ];
  return parts.length === 0 ? null : `${parts.join('; ')}. Files are not moved; --map-artifacts writes other locations`;
}
