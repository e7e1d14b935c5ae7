import type pg from 'pg';
import { findColumn, findTable, type SourceSchema } from '../contract/sourceSchema.ts';
import { MigrationError } from '../errors.ts';
import { quoteIdentifier } from '../quoteSql.ts';

/** An experiment of the source. */
export interface FoundExperiment {
  readonly id: string;
  readonly name: string;
  /** Null in releases without workspaces. */
  readonly workspace: string | null;
}

/** The experiments that have one of these texts as their id or name, deleted ones too. Throws `config` where the source keeps no experiments. */
export async function findExperiments(
  client: pg.ClientBase,
  schema: SourceSchema,
  asked: readonly string[],
): Promise<FoundExperiment[]> {
  const table = findTable(schema, 'experiments');
  if (table === undefined || ['experiment_id', 'name'].some((column) => findColumn(table, column) === undefined)) {
    throw new MigrationError('config', 'The source has no experiments to choose from: there is no such table', {
      hint: 'Choose no experiments, or name the database and schema that MLflow uses',
    });
  }
  const workspace = findColumn(table, 'workspace') === undefined ? 'null' : 'workspace::text';
  const { rows } = await client.query<FoundExperiment>(
    `select experiment_id::text as id, name::text as name, ${workspace} as workspace
       from ${quoteIdentifier(schema.schema)}.experiments
      where experiment_id::text = any($1) or name::text = any($1) order by experiment_id`,
    [asked],
  );
  return rows;
}
