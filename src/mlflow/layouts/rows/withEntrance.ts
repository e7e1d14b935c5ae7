import type { CollectionDefinition } from '../layout.ts';
import type { RowChoice } from './rowChoice.ts';

/** The definition with what tells that rows came under the choice without being written; without row versions, where nothing tells. */
export function withEntrance(definition: CollectionDefinition, rows: RowChoice): CollectionDefinition {
  const entered = rows.entered(definition.table);
  if (entered === null) return definition;
  return entered === 'unknown' ? { ...definition, rowVersion: null, rootVersion: null } : { ...definition, entered };
}
