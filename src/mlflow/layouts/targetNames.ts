import { findColumn, type SourceSchema, type SourceTable } from '../../contract/sourceSchema.ts';

/** What MongoDB refuses in the name of a collection (tried on mongod 6.0), and the collection of this program's own. */
const REFUSED_COLLECTION = /\$|^\.|^system\.|^_migration$/;

/** Name of a table's collection in the `tables` layout: its own, or near to it where the target does not take that. */
export function collectionName(schema: SourceSchema, table: string): string {
  if (!REFUSED_COLLECTION.test(table)) return table;
  const taken = new Set(schema.tables.map(({ name }) => name));
  const refused = [...taken].filter((name) => REFUSED_COLLECTION.test(name)).sort();
  for (const name of refused) {
    let candidate = name === '_migration' ? '_migration_' : name.replace(/\$|^\.|(?<=^system)\./g, '_');
    while (taken.has(candidate)) candidate += '_';
    taken.add(candidate);
    if (name === table) return candidate;
  }
  return table;
}

/** Name of a column's field: its own, but for a column `_id`, as that is the document's key. */
export function documentField(table: SourceTable, column: string): string {
  if (column !== '_id') return column;
  let field = '_id_';
  while (findColumn(table, field) !== undefined) field += '_';
  return field;
}

/** Can a query or an index name the field? MongoDB takes a dot for a path and a leading `$` for an operator. */
export function isAddressable(field: string): boolean {
  return !field.includes('.') && !field.startsWith('$');
}
