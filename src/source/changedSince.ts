import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { quoteLiteral } from '../quoteSql.ts';

/**
 * Condition for rows written by a transaction at or after this one. `age()` compares 32-bit ids by their distance, so
 * rows frozen long ago may be taken for new ones, which only costs a comparison; a new row is never missed.
 */
export function writtenSince(rowVersion: string, transaction: string): string {
  const id = BigInt(transaction) & 0xffffffffn;
  return `age(${rowVersion}) <= age(${quoteLiteral(String(id))}::xid)`;
}

/** The definition for rows that changed, and all that may have without a trace; unchanged where the definition knows no row version. */
export function changedSince(definition: CollectionDefinition, transaction: string): CollectionDefinition {
  if (definition.rowVersion === null) return definition;
  const written = writtenSince(definition.rowVersion, transaction);
  const condition = definition.joined === undefined ? written : `(${written} or ${definition.joined.condition})`;
  return { ...definition, where: definition.where === null ? condition : `(${definition.where}) and ${condition}` };
}
