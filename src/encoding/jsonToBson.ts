import type { BsonWriter, FieldName } from './bsonWriter.ts';
import { JsonParser, type JsonRefusal, MAX_DEPTH, NotRepresentable } from './jsonParser.ts';
import type { ValueLoss } from './valueLoss.ts';

/** The refusals of JSON texts that are well formed, for people. */
export const REFUSALS: Readonly<Record<Exclude<JsonRefusal, 'syntax'>, string>> = {
  'too deep': `it nests deeper than ${MAX_DEPTH} levels, and MongoDB takes no more than 100`,
  'zero byte in a key': 'one of its keys has a zero byte, which BSON does not take',
};

/**
 * Writes JSON text as a document or array field and says true; or writes nothing and says false where the text must
 * stay a string (tables-layout.md): it does not parse, its top level is a scalar, a key stands twice, a number goes
 * beyond a double or int64, or a string holds half a surrogate pair. Integers become int32 or int64, all other numbers double.
 */
export function writeJson(out: BsonWriter, name: FieldName, text: string): boolean {
  const before = out.position;
  try {
    const parser = new JsonParser(out, text);
    parser.topLevel(name);
    return true;
  } catch (error) {
    if (!(error instanceof NotRepresentable)) throw error;
    out.position = before;
    return false;
  }
}

/**
 * Writes a JSON value that Python wrote, as Python reads it again: `NaN`, `Infinity` and `-Infinity` are doubles, the last
 * of equal keys counts, a decimal is the nearest double. Integers beyond int64, which BSON has not, become doubles as
 * well, and half surrogate pairs U+FFFD: losses of the writer, under `field`, which is null for a copy of what stands
 * elsewhere too. Says why nothing was written, null where it was.
 */
export function writePythonJson(
  out: BsonWriter,
  name: FieldName,
  text: string,
  field: string | null,
): JsonRefusal | null {
  const before = out.position;
  const losses: ValueLoss[] = [];
  try {
    new JsonParser(out, text, { field: field ?? '', losses }).anyValue(name);
  } catch (error) {
    if (!(error instanceof NotRepresentable)) throw error;
    out.position = before;
    return error.refusal;
  }
  if (field !== null && losses.length > 0) out.losses.push(...losses);
  return null;
}
