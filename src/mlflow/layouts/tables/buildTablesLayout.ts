import type { LayoutOptions } from '../../../contract/plan.ts';
import { findColumn, type SourceSchema, type SourceTable } from '../../../contract/sourceSchema.ts';
import { isChosen } from '../../../contract/tableChoice.ts';
import { quoteIdentifier } from '../../../quoteSql.ts';
import { columnReader } from '../../schema/columnReader.ts';
import type { LayoutDefinition, NewestQuestion, SchemaNote } from '../layout.ts';
import { RowChoice } from '../rows/rowChoice.ts';
import { withEntrance } from '../rows/withEntrance.ts';
import { collectionName, documentField } from '../targetNames.ts';
import { tableCollection } from './tableCollection.ts';

/** The tables that all layouts leave to `_migration`. */
export const MARKER_TABLES: ReadonlySet<string> = new Set(['alembic_version']);

/** The `tables` layout: one collection per table, by the rules of tables-layout.md. */
export function buildTablesLayout(schema: SourceSchema, options: LayoutOptions): LayoutDefinition {
  const notes: SchemaNote[] = [];
  const rows = new RowChoice(schema, options);
  const chosen = schema.tables.filter(
    ({ name }) => !MARKER_TABLES.has(name) && isChosen(options, name) && !rows.leavesOut(name),
  );
  const read = columnReader(schema, options.artifacts);
  const collections = chosen.map((table) => withEntrance(tableCollection(rows, table, chosen, notes, read), rows));
  return {
    collections,
    markerTables: MARKER_TABLES,
    notes,
    scopes: rows.scopes(MARKER_TABLES),
    checks: [],
    laterWrites: [],
    newest: newestQuestions(rows, chosen),
  };
}

/** Times by which the tables' own readers tell when something was made; the layout has an index on each. */
const TIMES: Readonly<Record<string, string>> = { runs: 'start_time', experiments: 'creation_time' };

function newestQuestions(rows: RowChoice, tables: readonly SourceTable[]): NewestQuestion[] {
  return tables.flatMap((table) => {
    const time = TIMES[table.name];
    if (time === undefined || findColumn(table, time)?.type !== 'int8') return [];
    const sql = `select max(t.${quoteIdentifier(time)})::text as newest from ${rows.relation(table.name)} t`;
    return [
      {
        collection: collectionName(rows.schema, table.name),
        field: documentField(table, time),
        isIndexed: true,
        sql,
      },
    ];
  });
}
