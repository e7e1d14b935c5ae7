import { type ArtifactMapping, withoutSlash } from '../../contract/artifactMap.ts';
import { quoteLiteral } from '../../quoteSql.ts';

/** One way in which a location is rewritten. */
export interface ArtifactRule {
  readonly mapping: ArtifactMapping;
  /** What the location begins with. */
  readonly from: string;
  readonly to: string;
  /** The characters that may follow, '' for the end. */
  readonly before: readonly string[];
}

/** Where a prefix may end: `s3://a/b` is not one of `s3://a/bc`. */
const BOUNDARIES = ['/', '?', '#'];

/** A character that no JSON text holds as it is: it marks values that are mapped already. */
const MARK = '\u0001';

/** The rules of a map, those of the longest prefix first: the first one that fits is the one that counts. */
export function artifactRules(mappings: readonly ArtifactMapping[]): ArtifactRule[] {
  return mappings
    .toSorted((one, other) => withoutSlash(other.from).length - withoutSlash(one.from).length)
    .flatMap((mapping) => {
      const from = withoutSlash(mapping.from);
      const to = withoutSlash(mapping.to);
      const path = { mapping, from, to, before: BOUNDARIES };
      if (from === '') return [path];
      // `/` and `file:///` are nothing without their slash.
      if (to === '' || /[/:]$/.test(to)) return [{ ...path, to: mapping.to, before: [''] }, path];
      return [{ ...path, before: ['', ...BOUNDARIES] }];
    });
}

/** Condition for a location to be one of the rule's. */
export function fits(location: string, { from, before }: ArtifactRule): string {
  const length = charactersOf(from);
  const next = `substr(${location}, ${length + 1}, 1) in (${before.map(quoteLiteral).join(', ')})`;
  return `left(${location}, ${length}) = ${quoteLiteral(from)} and ${next}`;
}

/** The location as the rules leave it; `text` is an expression of type text, in the collation C. */
export function mappedLocation(text: string, rules: readonly ArtifactRule[]): string {
  const cases = rules.map(
    (rule) =>
      `when ${fits(text, rule)} then ${quoteLiteral(rule.to)} || substr(${text}, ${charactersOf(rule.from) + 1})`,
  );
  return `case ${cases.join(' ')} else ${text} end`;
}

/**
 * The JSON text with the locations that its keys hold as the rules leave them, and every other byte as it was. What one rule
 * has written no other one changes.
 */
export function mappedJson(text: string, keys: readonly string[], rules: readonly ArtifactRule[]): string {
  const mapped = rules.reduce((json, rule) => {
    const from = spellingsOf(rule.from).map(escapeRegex).join('|');
    const next = rule.before.map((character) => character || '"').join('');
    const pattern = `(${jsonValueOf(keys)})(?:${from})(?=[${next}])`;
    const to = asciiJsonText(rule.to).replaceAll('\\', '\\\\');
    return `regexp_replace(${json}, ${quoteLiteral(pattern)}, ${quoteLiteral(`\\1${MARK}${to}`)}, 'g')`;
  }, text);
  const mark = quoteLiteral(MARK);
  return `case when strpos(${text}, ${mark}) > 0 then ${text} else replace(${mapped}, ${mark}, '') end`;
}

/** Pattern of PostgreSQL for all of a JSON text from the beginning of such a key to that of its value, if it is a string. */
export function jsonValueOf(keys: readonly string[]): string {
  // A quotation mark within a string stands behind a backslash: behind these characters one begins.
  return `[{,]\\s*"(?:${keys.map(escapeRegex).join('|')})"\\s*:\\s*"`;
}

/** Condition for what stands between the quotation marks of a JSON string to be one of the rule's. */
export function fitsJson(location: string, rule: ArtifactRule): string {
  return spellingsOf(rule.from)
    .map((from) => `(${fits(location, { ...rule, from })})`)
    .join(' or ');
}

/** A text as JSON has it: what is not ASCII as it is, or escaped. */
function spellingsOf(text: string): string[] {
  return [...new Set([jsonText(text), asciiJsonText(text)])];
}

/** How PostgreSQL counts: a character outside the basic plane is one. */
function charactersOf(text: string): number {
  return [...text].length;
}

function jsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** As Python's `json.dumps` writes it. */
function asciiJsonText(text: string): string {
  return jsonText(text).replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}
