import type { KeyRange } from '../contract/plan.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { quoteLiteral } from '../quoteSql.ts';

/** One page of a range's rows. */
export interface Page {
  readonly limit: number;
  /** Is the lower bound the last row of the page before (exclusive), rather than the range's own (inclusive)? */
  readonly isAfter: boolean;
  /** Expressions for what the children of the rows are linked by. */
  readonly links: readonly string[];
}

/** The SELECT of a range; with a page also the key's texts, to go on after it, and the links. */
export function rangeStatement(definition: CollectionDefinition, range: KeyRange, page: Page | null): string {
  const columns =
    page === null
      ? definition.select
      : [...definition.select, ...definition.orderBy.map((key) => `(${key})::text`), ...page.links];
  const conditions = definition.where === null ? [] : [definition.where];
  if (range.lower !== null) {
    const isAfter = page?.isAfter === true;
    conditions.push(boundCondition(isAfter ? definition.orderBy : definition.cutBy, isAfter ? '>' : '>=', range.lower));
  }
  if (range.upper !== null) conditions.push(boundCondition(definition.cutBy, '<', range.upper));
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  const order = definition.orderBy.length === 0 ? '' : ` order by ${definition.orderBy.join(', ')}`;
  return `select ${columns.join(', ')} from ${fromClause(definition, range)}${where}${order}${page === null ? '' : ` limit ${page.limit}`}`;
}

/** FROM for a range, narrowed by its bounds where the definition knows to use them. */
function fromClause(definition: CollectionDefinition, range: KeyRange): string {
  if (definition.fromWithin === undefined) return definition.from;
  const literals = (bound: KeyRange['lower']) => bound?.map(quoteLiteral) ?? null;
  return definition.fromWithin(literals(range.lower), literals(range.upper));
}

function boundCondition(columns: readonly string[], operator: '>' | '>=' | '<', values: readonly string[]): string {
  const used = columns.slice(0, values.length);
  const literals = values.map(quoteLiteral);
  return `${tuple(used)} ${operator} ${literals.length === 1 ? literals[0] : `(${literals.join(', ')})`}`;
}

/** Expressions as one that is compared as a whole. */
export function tuple(expressions: readonly string[]): string {
  return expressions.length === 1 ? (expressions[0] as string) : `(${expressions.join(', ')})`;
}
