import type { LayoutOptions } from '../../../contract/plan.ts';
import { findColumn, type SourceSchema, type SourceTable } from '../../../contract/sourceSchema.ts';
import { isChosen } from '../../../contract/tableChoice.ts';
import { quoteIdentifier } from '../../../quoteSql.ts';
import { columnReader } from '../../schema/columnReader.ts';
import type { LayoutDefinition, NewestQuestion, SchemaNote } from '../layout.ts';
import { collectionName, documentField } from '../targetNames.ts';
import { tableCollection } from './tableCollection.ts';

/** The tables that all layouts leave to `_migration`. */
export const MARKER_TABLES: ReadonlySet<string> = new Set(['alembic_version']);

/** The `tables` layout: one collection per table, by the rules of tables-layout.md. */
export function buildTablesLayout(schema: SourceSchema, options: LayoutOptions): LayoutDefinition {
  const notes: SchemaNote[] = [];
  const chosen = schema.tables.filter((table) => !MARKER_TABLES.has(table.name) && isChosen(options, table.name));
  const read = columnReader(schema, options.artifacts);
  const collections = chosen.map((table) => tableCollection(schema, table, chosen, notes, read));
  return {
    collections,
    markerTables: MARKER_TABLES,
    notes,
    scopes: {},
    checks: [],
    laterWrites: [],
    newest: newestQuestions(schema, chosen),
  };
}

/** Times by which the tables' own readers tell when something was made; the layout has an index on each. */
const TIMES: Readonly<Record<string, string>> = { runs: 'start_time', experiments: 'creation_time' };

function newestQuestions(schema: SourceSchema, tables: readonly SourceTable[]): NewestQuestion[] {
  return tables.flatMap((table) => {
    const time = TIMES[table.name];
    if (time === undefined || findColumn(table, time)?.type !== 'int8') return [];
    const only = table.hasHeirs === true ? 'only ' : '';
    const from = `${only}${quoteIdentifier(schema.schema)}.${quoteIdentifier(table.name)}`;
    const sql = `select max(${quoteIdentifier(time)})::text as newest from ${from}`;
    return [
      {
        collection: collectionName(schema, table.name),
        field: documentField(table, time),
        isIndexed: true,
        sql,
      },
    ];
  });
}
