import type { CollectionDefinition, LayoutDefinition } from '../../mlflow/layouts/layout.ts';

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

/** Is each row of the table a document, so that the numbers can be compared? */
export function isWholeTable(definition: CollectionDefinition): boolean {
  return definition.where === null;
}

/** Are the table's rows counted by this definition alone, one for each document? */
export function isCountedOnce(layout: LayoutDefinition, definition: CollectionDefinition): boolean {
  if (!isWholeTable(definition) || standsForOthers(definition)) return false;
  const { table } = definition;
  return !layout.collections.some(
    (other) =>
      (other !== definition && other.table === table) ||
      other.children.some((child) => child.isCounted && child.table === table),
  );
}
