import type { CollectionDefinition, JoinedCondition } from '../mlflow/layouts/layout.ts';
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

/** Tells rows whose version (an expression over `t`) is so new, and those that may be wanted since then without being written. */
export function newSince({ entered }: Written, version: string, transaction: string): JoinedCondition {
  const written = writtenSince(version, transaction);
  if (entered === undefined) return { joins: '', condition: written };
  const { joins, condition } = entered((other) => writtenSince(other, transaction));
  return { joins, condition: `(${written} or ${condition})` };
}

/** The definition for rows that changed, and all that may have without a trace; unchanged where the definition knows no row version. */
export function changedSince(definition: CollectionDefinition, transaction: string): CollectionDefinition {
  const { rowVersion, joined, where, from, fromWithin } = definition;
  if (rowVersion === null) return definition;
  const { joins, condition: written } = newSince(definition, rowVersion, transaction);
  const condition = joined === undefined ? written : `(${written} or ${joined.condition})`;
  return {
    ...definition,
    from: from + joins,
    ...(fromWithin === undefined ? {} : { fromWithin: (lower, upper) => fromWithin(lower, upper) + joins }),
    where: where === null ? condition : `(${where}) and ${condition}`,
  };
}
