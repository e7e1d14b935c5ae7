import type { ArtifactMapping } from '../../contract/artifactMap.ts';
import { findColumn, findTable, type SourceSchema } from '../../contract/sourceSchema.ts';
import { quoteIdentifier, quoteLiteral } from '../../quoteSql.ts';
import { ARTIFACT_LOCATIONS, type ArtifactLocation } from './artifactLocations.ts';
import { type ArtifactRule, artifactRules, mappedJson, mappedLocation } from './artifactRules.ts';

/** The expression by which a column is read, over the alias of its table: the column itself, or what a map makes of it. */
export type ColumnReader = (table: string, column: string, alias?: string) => string;

/** Types whose values are texts as they are. */
const TEXTS: ReadonlySet<string> = new Set(['text', 'varchar']);

/**
 * How the columns of a source are read under a map of artifact locations. Copy, comparison and repair read by the same
 * expressions, so that a location is mapped for all of them or for none; a column that holds no location costs nothing.
 */
export function columnReader(schema: SourceSchema, mappings: readonly ArtifactMapping[] = []): ColumnReader {
  const rules = artifactRules(mappings);
  const locations = rules.length === 0 ? [] : locationsIn(schema);
  return (table, column, alias = 't') => {
    const location = locations.find((known) => known.table === table && known.column === column);
    return location === undefined ? `${alias}.${quoteIdentifier(column)}` : mapped(location, rules, alias);
  };
}

/** The locations that a source has: its release may lack some. */
export function locationsIn(schema: SourceSchema): ArtifactLocation[] {
  return ARTIFACT_LOCATIONS.filter(({ table: name, column, where }) => {
    const table = findTable(schema, name);
    if (table === undefined) return false;
    const isText = TEXTS.has(findColumn(table, column)?.type ?? '');
    return isText && (where === undefined || findColumn(table, where.column) !== undefined);
  });
}

/** The column's text, to be compared byte by byte whatever collation it has. */
export function locationText({ column }: ArtifactLocation, alias: string): string {
  return `(${alias}.${quoteIdentifier(column)}::text collate "C")`;
}

/** Condition for a row to hold a location, null where every row does. */
export function holdsLocation({ where }: ArtifactLocation, alias: string): string | null {
  if (where === undefined) return null;
  return `${alias}.${quoteIdentifier(where.column)} in (${where.values.map(quoteLiteral).join(', ')})`;
}

function mapped(location: ArtifactLocation, rules: readonly ArtifactRule[], alias: string): string {
  const text = locationText(location, alias);
  const { jsonKeys } = location;
  const value = jsonKeys === undefined ? mappedLocation(text, rules) : mappedJson(text, jsonKeys, rules);
  const condition = holdsLocation(location, alias);
  return condition === null ? `(${value})` : `(case when ${condition} then ${value} else ${text} end)`;
}
