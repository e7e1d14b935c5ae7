import { bsonElements } from '../encoding/bsonElements.ts';

/** Said of a row whose document's place another program's document holds. */
export const STRANGER_REASON = "Another program's document has this _id; it was left as it is";

/**
 * Is what stands in the place of a document none of its layout? Its own have the fields that its layout writes, none more and
 * none fewer but for `optionalFields`, whatever their values: in a collection that holds others' documents only such a one is
 * replaced.
 */
export function isStranger(ours: Buffer, theirs: Buffer, optionalFields: readonly string[]): boolean {
  const optional = new Set(optionalFields);
  try {
    const own = fieldNames(ours, optional);
    const found = fieldNames(theirs, optional);
    return own.size !== found.size || [...own].some((name) => !found.has(name));
  } catch (error) {
    // A type that no layout writes.
    if (error instanceof TypeError) return true;
    throw error;
  }
}

function fieldNames(document: Buffer, optional: ReadonlySet<string>): Set<string> {
  const names = new Set<string>();
  for (const { name } of bsonElements(document)) if (!optional.has(name)) names.add(name);
  return names;
}
