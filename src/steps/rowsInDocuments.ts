import type { CollectionDefinition, LayoutDefinition } from '../mlflow/layouts/layout.ts';

/** Has the collection documents for rows of other tables than its own as well? */
export function standsForOthers(definition: CollectionDefinition): boolean {
  return definition.children.some((child) => 'countAt' in child && child.table === definition.table);
}

/** Is each document of the table's collections one row of it, and each row one document there? */
export function isRowPerDocument(layout: LayoutDefinition, table: string, shared: ReadonlySet<string>): boolean {
  return layout.collections.every(
    (definition) =>
      (definition.table !== table || (!standsForOthers(definition) && !shared.has(definition.collection))) &&
      !definition.children.some((child) => child.isCounted && child.table === table),
  );
}
