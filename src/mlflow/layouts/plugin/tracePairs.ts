import { BSON_TYPE, type BsonWriter, type FieldName, indexName } from '../../../encoding/bsonWriter.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { TRACKING_PAIR } from './fields.ts';
import { parsePythonJson } from './pythonText.ts';

/** Keys and values in their order; NULL values are ''. */
type Pairs = Map<string, string>;

/** Rows of key and value, as a child table gives them. */
export function pairsOf(rows: readonly RowView[]): Pairs {
  return new Map(rows.map((row) => [row.text(0), row.textOrNull(1) ?? '']));
}

/** Writes pairs as the array of key and value that the plugin reads. */
export function writePairMap(out: BsonWriter, name: FieldName, pairs: Pairs): void {
  const array = out.beginField(BSON_TYPE.array, name);
  let index = 0;
  for (const [key, value] of pairs) {
    const pair = out.beginField(BSON_TYPE.document, indexName(index++));
    out.string(TRACKING_PAIR.key, key);
    out.string(TRACKING_PAIR.value, value);
    out.end(pair);
  }
  out.end(array);
}

/** Gives the key that value alone; none where it is null. A row that said something else is noted. */
export function replacePair(out: BsonWriter, field: string, pairs: Pairs, key: string, value: string | null): void {
  const before = pairs.get(key);
  if (before !== undefined && before !== value && !isSameJson(before, value ?? '')) {
    const message = "is stored as MLflow's upgrade to 3.17 leaves it in its columns, which differs from its row";
    out.losses.push({ severity: 'note', field: `${field}.${key}`, message });
  }
  if (value === null) pairs.delete(key);
  else pairs.set(key, value);
}

/** Are both texts the same flat JSON object, in whatever order and spelling? */
function isSameJson(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => {
    const value = parsePythonJson(text);
    return typeof value === 'object' && value !== null ? JSON.stringify(Object.entries(value).sort()) : null;
  });
  return left !== null && left === right;
}

/** The first characters of a text, as the upgrade cuts what became a column. */
export function cutText(text: string | undefined, characters: number): string | null {
  if (text === undefined) return null;
  return text.length <= characters ? text : [...text.slice(0, 2 * characters)].slice(0, characters).join('');
}
