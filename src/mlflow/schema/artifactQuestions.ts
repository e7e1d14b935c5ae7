import type { ArtifactMapping } from '../../contract/artifactMap.ts';
import type { SourceSchema } from '../../contract/sourceSchema.ts';
import { quoteIdentifier, quoteLiteral } from '../../quoteSql.ts';
import type { ArtifactLocation } from './artifactLocations.ts';
import { type ArtifactRule, artifactRules, fits, fitsJson, jsonValueOf } from './artifactRules.ts';
import { holdsLocation, locationsIn, locationText } from './columnReader.ts';
import type { Scopes } from './rowQuestions.ts';

/** Asks what a map meets in one column. Each row of the answer has `mapping`, the place in the map of the prefix that fits, or null; `prefix`, how values begin that none fits; and `count`. */
export interface ArtifactQuestion {
  readonly table: string;
  readonly column: string;
  readonly sql: string;
}

const SCHEME = '[A-Za-z][A-Za-z0-9+.-]*:';

/** Beginnings that a column may come to before they are no answer any more. */
const MOST_PREFIXES = 1_000;

/** A question for every column of the source that holds locations. */
export function artifactQuestions(
  schema: SourceSchema,
  scopes: Scopes,
  mappings: readonly ArtifactMapping[],
): ArtifactQuestion[] {
  const rules = artifactRules(mappings);
  return locationsIn(schema).map((location) => {
    const { table, column, jsonKeys } = location;
    const cases = rules.map((rule) => {
      const fit = jsonKeys === undefined ? fits('v', rule) : fitsJson('v', rule);
      return `when ${fit} then ${placeOf(rule, mappings)}`;
    });
    const sql = `select mapping, case when mapping is null then ${prefixOf('v')} end as prefix, count(*)::text as count
                   from (select v, case ${cases.join(' ')} end as mapping from (${valuesOf(schema, scopes, location)}) s) m
                  group by 1, 2 order by count(*) desc limit ${MOST_PREFIXES}`;
    return { table, column, sql };
  });
}

function placeOf({ mapping }: ArtifactRule, mappings: readonly ArtifactMapping[]): number {
  return mappings.indexOf(mapping);
}

/** The locations themselves, as `v`; of a JSON text, the strings of its keys that look like one. */
function valuesOf(schema: SourceSchema, scopes: Scopes, location: ArtifactLocation): string {
  const { table, jsonKeys } = location;
  const text = locationText(location, 't');
  const scope = scopes[table];
  const conditions = [holdsLocation(location, 't'), scope === undefined ? null : `(${scope})`];
  const relation = `${quoteIdentifier(schema.schema)}.${quoteIdentifier(table)} t`;
  if (jsonKeys === undefined) {
    return `select ${text} as v from ${relation} where ${allOf([`${text} <> ''`, ...conditions])}`;
  }
  const strings = quoteLiteral(`${jsonValueOf(jsonKeys)}((?:[^"\\\\]|\\\\.)*)"`);
  return `select j[1] as v from ${relation}, lateral regexp_matches(${text}, ${strings}, 'g') j
           where ${allOf([`j[1] ~ ${quoteLiteral(`^(?:${SCHEME}|/)`)}`, ...conditions])}`;
}

function allOf(conditions: readonly (string | null)[]): string {
  return conditions.filter((condition) => condition !== null).join(' and ');
}

/**
 * How a location begins: scheme and authority, `/` or `.` of a path; null where it names a run or a model. Without a login, which
 * in Azure's schemes is the container; where that may hold a password (anything before an `@` behind a colon that is no port),
 * without the authority.
 */
function prefixOf(v: string): string {
  const matches = (pattern: string) => `${v} ~ ${quoteLiteral(pattern)}`;
  const part = (pattern: string) => `substring(${v} from ${quoteLiteral(pattern)})`;
  const authority = part(`^${SCHEME}(?://[^/?#]*)?`);
  const login = quoteLiteral(`^((?!wasbs?:|abfss?:)${SCHEME}//)[^@]*@`);
  return (
    `case when ${matches('^(?:runs|models):')} then null` +
    ` when ${matches(`^${SCHEME}//[^/?#@]*:(?![0-9]+(?:/|$)).*@`)} then ${part(`^${SCHEME}//`)}` +
    ` when ${matches(`^${SCHEME}`)} then regexp_replace(${authority}, ${login}, ${quoteLiteral('\\1')})` +
    ` when ${matches('^/')} then '/' else '.' end`
  );
}
