import { writeNames } from '../../contract/parseNames.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { formatCount } from '../../formatCount.ts';
import { shellOption } from '../../quoteShell.ts';
import type { SchemaNote } from '../layouts/layout.ts';
import { featureOf } from './mlflowTables.ts';

/** MLflow's own bookkeeping of its schema, carried as the revision. */
const REVISION_TABLE = 'alembic_version';

/** Tables that MLflow does not read from a result, or that are not its own. `rows` are those of the tables that are carried. */
export function tableNotes({ tables }: SourceSchema, rows: Readonly<Record<string, number>>): SchemaNote[] {
  return tables.flatMap(({ name }) => {
    const count = rows[name];
    return count === undefined || name === REVISION_TABLE ? [] : ownerNotes(name, count);
  });
}

function ownerNotes(table: string, count: number): SchemaNote[] {
  const feature = featureOf(table);
  const rows = `${formatCount(count)} ${count === 1 ? 'row' : 'rows'}`;
  const leaveOut = `${shellOption('exclude', writeNames([table]))} leaves it out`;
  if (feature === null) {
    const message = `${table} (${rows}) is a table of no MLflow release that this program knows: it is carried as it is, and no MLflow reads it from the target; ${leaveOut}`;
    return [{ table, message }];
  }
  if (feature !== 'users and permissions') return [];
  const message = `${table} (${rows}) belongs to MLflow's basic-auth app, which keeps users and permissions in a SQL database only: it is carried as it is, and no MLflow reads it from the target; ${leaveOut}`;
  return [{ table, message }];
}
