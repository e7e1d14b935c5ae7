import { type BsonElement, bsonElements } from '../../../../encoding/bsonElements.ts';
import { bsonToJson, type JsonSpelling } from '../../../../encoding/bsonToJson.ts';
import { BsonWriter, fieldName } from '../../../../encoding/bsonWriter.ts';
import { writePythonJson } from '../../../../encoding/jsonToBson.ts';

/** As Python's `json.dumps` writes it. */
export const PYTHON: JsonSpelling = { isSorted: false, isAscii: true, isPython: true };
/** As MLflow writes spans, from 3.18 on: what is beyond ASCII stands as it is. */
export const UNICODE_PYTHON: JsonSpelling = { ...PYTHON, isAscii: false };
/** For comparing. */
export const SORTED_PYTHON: JsonSpelling = { ...PYTHON, isSorted: true };

const FIELD = fieldName('v');

/** JSON text that Python wrote as the migration stores it, null where it cannot be BSON. */
export function jsonElement(text: string): BsonElement | null {
  const out = new BsonWriter(Math.max(64, text.length * 2));
  const start = out.begin();
  if (writePythonJson(out, FIELD, text, null) !== null) return null;
  out.end(start);
  const [element] = bsonElements(out.copyFrom(start));
  return element ?? null;
}

/** Is the value what the migration has made of the text? */
export function isMadeOf(value: BsonElement, text: string): boolean {
  const made = jsonElement(text);
  if (made === null) return false;
  if (made.type === value.type && made.value.equals(value.value)) return true;
  return bsonToJson(made.type, made.value, SORTED_PYTHON) === bsonToJson(value.type, value.value, SORTED_PYTHON);
}
