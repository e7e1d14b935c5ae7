import type { SourceSchema, SourceTable } from '../../../contract/sourceSchema.ts';
import { tableReferences } from '../../schema/tableReferences.ts';
import type { ReferenceDefinition, SchemaNote } from '../layout.ts';
import { collectionName, documentField, isAddressable } from '../targetNames.ts';
import { beginsWith, tableIndexes } from './tableIndexes.ts';

/** What rows refer to in tables that are carried too, as references between documents. */
export function documentReferences(
  schema: SourceSchema,
  table: SourceTable,
  chosen: readonly SourceTable[],
  notes: SchemaNote[],
): ReferenceDefinition[] {
  const indexes = tableIndexes(table, schema);
  return tableReferences(schema, table).flatMap(({ columns, referencedTable, referencedColumns }) => {
    const other = chosen.find(({ name }) => name === referencedTable);
    if (other === undefined) return [];
    const fields = columns.map((column) => documentField(table, column));
    const referencedFields = referencedColumns.map((column) => documentField(other, column));
    const hidden = [...fields, ...referencedFields].find((field) => !isAddressable(field));
    if (hidden !== undefined) {
      const message = `References to ${referencedTable} are neither indexed nor checked: MongoDB cannot name the field ${hidden}`;
      notes.push({ table: table.name, unseenReference: `${table.name} → ${referencedTable}`, message });
      return [];
    }
    const collection = collectionName(schema, referencedTable);
    return [
      {
        fields,
        collection,
        referencedFields,
        isIndexed: indexes.some((index) => beginsWith(index, fields)),
        source: { table: table.name, columns, referencedTable, referencedColumns },
      },
    ];
  });
}
