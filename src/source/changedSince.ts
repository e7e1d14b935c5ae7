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

/** What tells the rows of a definition that were written since, or may be wanted since then. */
type Written = Pick<CollectionDefinition, 'entered'>;

/** Condition for rows whose version (an expression over `t`) is so new, and those that may be wanted since then without being written. */
export function newSince({ entered }: Written, version: string, transaction: string): string {
  const written = writtenSince(version, transaction);
  return entered === undefined ? written : `(${written} or ${entered((other) => writtenSince(other, transaction))})`;
}

/** The definition for rows that changed, and all that may have without a trace; unchanged where the definition knows no row version. */
export function changedSince(definition: CollectionDefinition, transaction: string): CollectionDefinition {
  if (definition.rowVersion === null) return definition;
  const written = newSince(definition, definition.rowVersion, transaction);
  const condition = definition.joined === undefined ? written : `(${written} or ${definition.joined.condition})`;
  return { ...definition, where: definition.where === null ? condition : `(${definition.where}) and ${condition}` };
}
