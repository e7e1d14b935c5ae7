import { findTable, type SourceForeignKey, type SourceSchema } from '../../../contract/sourceSchema.ts';
import { quoteIdentifier } from '../../../quoteSql.ts';

/** The table as a FROM clause names it, quoted and with its schema: all of its own rows. */
export function wholeRelation(schema: SourceSchema, table: string): string {
  const only = findTable(schema, table)?.hasHeirs === true ? 'only ' : '';
  return `${only}${quoteIdentifier(schema.schema)}.${quoteIdentifier(table)}`;
}

/** Condition for a row of the referenced table (over `parent`) being the one that a row (over `child`) refers to. */
export function matches(link: SourceForeignKey, child: string, parent: string): string {
  return link.columns
    .map(
      (column, index) =>
        `${parent}.${quoteIdentifier(link.referencedColumns[index] as string)} = ${child}.${quoteIdentifier(column)}`,
    )
    .join(' and ');
}

/** Conditions joined by `and`, null where there are none. */
export function allOf(...conditions: readonly (string | null)[]): string | null {
  const given = conditions.filter((condition) => condition !== null);
  return given.length === 0 ? null : given.map((condition) => `(${condition})`).join(' and ');
}
