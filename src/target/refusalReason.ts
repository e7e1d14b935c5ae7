/**
 * Codes of single documents that a target refuses, and what they mean
 * (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml, cosmos-facts.md §6, §13).
 */
const REASONS: ReadonlyMap<number, string> = new Map([
  [11_000, 'Another document has the same value of a unique index'],
  [16, 'The target refused the document as over its size limit'],
  [10_334, 'The target refused the document as over its size limit'],
  [17_419, 'The target refused the document as over its size limit'],
  [17_420, 'The target refused the document as over its size limit'],
  [2, 'The target refused the document as not valid'],
  [121, 'The validator of the collection refused the document'],
  [10_003, 'The collection is capped, and a document in it cannot grow'],
  [15, 'The target refused the document as nested too deeply'],
  [17_280, 'A value of the document is too long for an index of the target'],
  [61, 'The target refused the document as it has no shard key'],
  [66, 'The target refuses to change the _id or the shard key of the document'],
  [13, 'The target does not let the user write the document'],
]);

/** Why the target did not take a document, by the code of the refusal. The server's own text may quote values, and is left out. */
export function refusalReason(code: number): string {
  return `${REASONS.get(code) ?? 'The target refused the document'} (code ${code})`;
}
