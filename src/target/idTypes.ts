import { ObjectId } from 'mongodb';

/**
 * The least `_id` of each type that a layout's documents have: strings and ObjectIds. Comparisons of a query stay within one type, so
 * that a collection is gone through once for each.
 */
export const LOWEST_IDS: readonly (string | ObjectId)[] = ['', new ObjectId('0'.repeat(24))];

/** All others that an `_id` can have, but for the deprecated symbol, which lies among the strings in an index. */
const OTHER_TYPES = [
  'double',
  'int',
  'long',
  'decimal',
  'object',
  'binData',
  'bool',
  'date',
  'null',
  'timestamp',
  'javascript',
  'javascriptWithScope',
  'dbPointer',
  'minKey',
  'maxKey',
];

/**
 * Finds what somebody else put there under an `_id` of any other type. Types that are named are ranges of the index; with those named
 * that are not wanted, the server reads the whole collection.
 */
export const OF_OTHER_TYPES = { _id: { $type: OTHER_TYPES } };
